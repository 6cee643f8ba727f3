import { parseArgs } from 'node:util';
import { type Bench, BenchRefused, EXIT_USAGE } from './bench.js';
import { describeBound } from './bound.js';

export interface BenchArguments {
  readonly help: boolean;
  /** In the order of the catalogue; all when none was named. */
  readonly chosen: readonly Bench[];
  readonly dataDir: string | undefined;
}

/** @throws BenchRefused for an unknown name or option */
export function parseArguments(args: readonly string[], benches: readonly Bench[]): BenchArguments {
  const { values, positionals } = parsed(args);
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const known = benches.map(({ name }) => `  ${name}`).join('\n');
    throw new BenchRefused(`There is no bench ${unknown.join(', ')}. There are:\n${known}`, EXIT_USAGE);
  }
  const chosen = benches.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { help: values.help, chosen, dataDir: values.data };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h', default: false }, data: { type: 'string' } },
      allowPositionals: true,
    });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new BenchRefused(`${problem}\n(--help lists benches and options)`, EXIT_USAGE);
  }
}

export function helpText(benches: readonly Bench[]): string {
  const list = benches.flatMap(({ name, summary, needsServers, bounds }) => [
    `  ${name.padEnd(18)}${summary}${needsServers ? '; needs servers' : ''}`,
    ...bounds.map((bound) => `${' '.repeat(20)}${describeBound(bound)}`),
  ]);
  return [
    'usage: npm run bench [-- NAME … [--data DIR]]',
    '',
    'Measures, each figure beside a plain reference of the same run, and prints one JSON object per figure and line:',
    '{ name, value, unit, reference, ratio, versions }. Progress goes to standard error. Without a name all run.',
    '',
    ...list,
    '',
    '  --data DIR        folder with recorded prices and scenarios (default: ../shared/data/dev beside the project)',
    '',
    'Exit code: 0 all bounds hold, 1 one does not, 64 usage, 66 no recorded prices.',
    '',
  ].join('\n');
}
