import { availableParallelism, cpus } from 'node:os';
import type { Bench } from './bench.js';
import { missedBounds } from './bound.js';
import { type Figure, figureLine } from './figure.js';

export interface BenchRun {
  readonly dataDir: string;
  readonly signal: AbortSignal;
  /** A line of the result. */
  readonly print: (line: string) => void;
  /** A line for who watches. */
  readonly tell: (line: string) => void;
}

/** Runs one bench after the other; answers the bounds that do not hold, in words. */
export async function runBenches(benches: readonly Bench[], run: BenchRun): Promise<string[]> {
  const missed: string[] = [];
  for (const bench of benches) {
    const startedAtMs = performance.now();
    run.tell(`${bench.name}: ${bench.summary}`);
    const figures = await figuresOf(bench, run);
    missed.push(...missedBounds(bench.bounds, figures));
    run.tell(`${bench.name}: done in ${((performance.now() - startedAtMs) / 1_000).toFixed(0)} s`);
  }
  return missed;
}

async function figuresOf(bench: Bench, { dataDir, signal, tell, print }: BenchRun): Promise<Figure[]> {
  const figures: Figure[] = [];
  const versions: Record<string, string> = { node: process.versions.node, cpu: machine() };
  const measure = await bench.load();
  await measure({
    dataDir,
    signal,
    tell: (line) => {
      tell(`${bench.name}: ${line}`);
    },
    report: (figure) => {
      figures.push(figure);
      print(figureLine(figure, versions));
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
