import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAppError } from '@spotopt/kernel';
import { helpText, parseArguments } from './arguments.js';
import { BenchRefused } from './bench.js';
import { BENCHES } from './catalogue.js';
import { runBenches } from './run-benches.js';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const DEFAULT_DATA = '../shared/data/dev';

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A bench that is interrupted removes what it made before the process ends. */
const interruption = new AbortController();
const INTERRUPTED = 130;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    interruption.abort(new BenchRefused(`ended by ${name}`, INTERRUPTED));
  });
}

function dataDirOf(given: string | undefined): string {
  if (given === undefined) return resolve(ROOT, DEFAULT_DATA);
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), given);
}

async function main(): Promise<number> {
  const { help, chosen, dataDir } = parseArguments(process.argv.slice(2), BENCHES);
  if (help) {
    process.stdout.write(helpText(BENCHES));
    return 0;
  }
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  const run = { dataDir: dataDirOf(dataDir), signal: interruption.signal, print, tell: say };
  const missed = await runBenches(chosen, run);
  for (const sentence of missed) say(`missed: ${sentence}`);
  return missed.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isKnown = error instanceof BenchRefused || (isAppError(error) && error.kind !== 'bug');
  if (!isKnown) throw error;
  say(error.message);
  process.exitCode = error instanceof BenchRefused ? error.exitCode : 1;
}
