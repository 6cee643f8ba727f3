import { z } from 'zod';
import type { World } from './world.js';

export const BUCKET_MS = 300_000;

const State = z.object({
  state: z.enum(['measured', 'filled', 'empty']),
  method: z.string().nullable(),
  confidence: z.number().nullable(),
});
const Chart = z.object({
  data: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
  pools: z.array(z.object({ id: z.string(), key: z.string() })),
  states: z.record(z.string(), z.array(State)),
});

export interface ChartPoint extends z.infer<typeof State> {
  readonly atMs: number;
  readonly usdPerHour: number | null;
}

/** The chart of a machine's pools, five minutes a step, as the dashboard reads it. */
export async function readChart(
  world: World,
  ec2InstanceId: string,
  hours: number,
): Promise<Map<string, ChartPoint[]>> {
  const path = `/api/client/instances/${ec2InstanceId}/price-history?hours=${String(hours)}&step_seconds=300`;
  const chart = Chart.parse(await world.api.get(path));
  return new Map(
    chart.pools.map(({ id, key }) => [
      id,
      chart.data.map((row, index) => ({
        atMs: Date.parse(String(row['time'])),
        usdPerHour: typeof row[key] === 'number' ? row[key] : null,
        ...(chart.states[key]?.[index] ?? { state: 'empty' as const, method: null, confidence: null }),
      })),
    ]),
  );
}

const SYMBOLS = { measured: '█', filled: '▒', empty: '·' } as const;

/** One character for every step: what was measured, computed or is missing. */
export function picture(points: readonly ChartPoint[]): string {
  return points.map(({ state }) => SYMBOLS[state]).join('');
}
