import { describe, expect, it } from '@jest/globals';
import { helpText, parseArguments } from './arguments.js';
import { type Bench, BenchRefused, EXIT_USAGE } from './bench.js';
import { missedBounds } from './bound.js';
import { BENCHES } from './catalogue.js';
import { type Figure, figureLine } from './figure.js';
import { quantileOf } from './median.js';
import { runBenches } from './run-benches.js';

const figure = (value: number, reference: number | null = null): Figure => ({
  name: 'speed',
  value,
  unit: 'reports/s',
  reference,
});

/** A bench that reports the figures and nothing else. */
function bench(name: string, figures: readonly Figure[], bounds: Bench['bounds'] = []): Bench {
  const load: Bench['load'] = async () => async (context) => {
    context.uses('database', '10.11');
    context.tell('at work');
    for (const one of figures) context.report(one);
  };
  return { name, summary: `measures ${name}`, needsServers: false, bounds, load };
}

describe('arguments', () => {
  const benches = ['first', 'second'].map((name) => bench(name, []));
  const chosen = (...args: string[]): string[] =>
    parseArguments(args, benches).chosen.map(({ name }) => name);

  it('choose benches in the order of the catalogue; without a name all', () => {
    expect(chosen()).toEqual(['first', 'second']);
    expect(chosen('second')).toEqual(['second']);
    expect(chosen('second', 'first')).toEqual(['first', 'second']);
    expect(parseArguments(['first', '--data', 'prices'], benches).dataDir).toBe('prices');
    expect(parseArguments(['--help'], benches).help).toBe(true);
  });

  it.each([[['third']], [['first', '--fast']], [['--data']]])('%j is a wrong usage', (args) => {
    const parse = (): unknown => parseArguments(args, benches);
    expect(parse).toThrow(BenchRefused);
    expect(parse).toThrow(expect.objectContaining({ exitCode: EXIT_USAGE }));
  });

  it('that are unknown names get the list of names', () => {
    expect(() => parseArguments(['third'], benches)).toThrow(/third[\s\S]*first[\s\S]*second/);
  });

  it('the help names every bench with its bounds', () => {
    const help = helpText(BENCHES);
    for (const { name, bounds } of BENCHES) {
      expect(help).toContain(name);
      for (const bound of bounds) expect(help).toContain(`${bound.figure}: ${bound.of}`);
    }
  });
});

describe('bounds', () => {
  it.each([
    [{ of: 'ratio', below: 1 }, figure(9, 10), true],
    [{ of: 'ratio', below: 1 }, figure(10, 10), false],
    [{ of: 'ratio', atLeast: 0.4 }, figure(4, 10), true],
    [{ of: 'ratio', atLeast: 0.4 }, figure(3, 10), false],
    [{ of: 'ratio', atLeast: 0.4 }, figure(3), false],
    [{ of: 'value', atMost: 0 }, figure(0, 100), true],
    [{ of: 'value', atMost: 0 }, figure(1, 100), false],
    [{ of: 'value', atMost: 0 }, figure(Number.NaN, 100), false],
  ] as const)('%j on %j: %j', (bound, measured, holds) => {
    expect(missedBounds([{ figure: 'speed', ...bound }], [measured])).toHaveLength(holds ? 0 : 1);
  });

  it('do not hold for what was not measured', () => {
    const bound = { figure: 'other', of: 'value', atMost: 1 } as const;
    expect(missedBounds([bound], [figure(0)])).toEqual(['other was not measured']);
  });
});

describe('a run', () => {
  it('prints one object per figure and answers the missed bounds of all benches', async () => {
    const printed: string[] = [];
    const run = {
      dataDir: '.',
      signal: new AbortController().signal,
      print: (line: string) => printed.push(line),
      tell: () => undefined,
    };
    const bound = { figure: 'speed', of: 'ratio', atLeast: 0.5 } as const;
    const good = bench('good', [figure(6, 10)], [bound]);
    const bad = bench('bad', [figure(4, 10)], [bound]);
    expect(await runBenches([good, bad], run)).toEqual(['speed has the ratio 0.4, not at least 0.5']);
    expect(printed).toHaveLength(2);
    expect(JSON.parse(printed[0] ?? '')).toEqual({
      name: 'speed',
      value: 6,
      unit: 'reports/s',
      reference: 10,
      ratio: 0.6,
      versions: {
        node: process.versions.node,
        cpu: expect.stringMatching(/^\d+ × /),
        database: '10.11',
      },
    });
  });

  it('a figure without a reference has no ratio', () => {
    expect(JSON.parse(figureLine(figure(1 / 3), {}))).toEqual({
      name: 'speed',
      value: 0.333333,
      unit: 'reports/s',
      reference: null,
      ratio: null,
      versions: {},
    });
  });
});

it('a quantile is a value that was measured', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.5, 0.99, 1].map((share) => quantileOf(values, share))).toEqual([1, 3, 5, 5]);
});
