import { availableParallelism, cpus } from 'node:os';
import type { Bench } from './bench.js';
import { missedBounds } from './bound.js';
import { type Figure, figureLine } from './figure.js';

export interface BenchOutput {
  /** A line of the result. */
  print(line: string): void;
  /** A line for who watches. */
  tell(line: string): void;
}

/** Runs one bench after the other; answers the bounds that do not hold, in words. */
export async function runBenches(
  benches: readonly Bench[],
  dataDir: string,
  output: BenchOutput,
): Promise<string[]> {
  const missed: string[] = [];
  for (const bench of benches) {
    const startedAtMs = performance.now();
    output.tell(`${bench.name}: ${bench.summary}`);
    const figures = await figuresOf(bench, dataDir, output);
    missed.push(...missedBounds(bench.bounds, figures));
    output.tell(`${bench.name}: done in ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
  }
  return missed;
}

async function figuresOf(bench: Bench, dataDir: string, output: BenchOutput): Promise<Figure[]> {
  const figures: Figure[] = [];
  const versions: Record<string, string> = { node: process.versions.node, cpu: machine() };
  const run = await bench.load();
  await run({
    dataDir,
    tell: (line) => {
      output.tell(`${bench.name}: ${line}`);
    },
    report: (figure) => {
      figures.push(figure);
      output.print(figureLine(figure, versions));
    },
    uses: (program, version) => {
      versions[program] = version;
    },
  });
  return figures;
}

function machine(): string {
  return `${String(availableParallelism())} × ${cpus()[0]?.model.trim() ?? 'unknown'}`;
}
