import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import {
  type PoolTrace,
  type PriceSeries,
  priceScenario,
  readPriceFile,
  type ReplayMarket,
  type Scenario,
  traceScenario,
} from '@spotopt/decision/replay';
import { z } from 'zod';
import { BenchRefused, EXIT_NO_INPUT } from '../bench.js';

const Instant = z.iso.datetime().transform((text) => Math.floor(Date.parse(text) / 1000));

const ScenarioMeta = z.object({
  id: z.string(),
  kind: z.enum(['trace', 'prices']),
  dt_s: z.number().int().positive(),
  start: Instant,
  end: Instant,
  prices_file: z.string().nullable(),
  trace_file: z.string().nullable(),
  on_demand: z.object({ instance_type: z.string(), usd_h: z.number() }),
  pools: z.array(
    z.object({
      id: z.string(),
      region: z.string(),
      az: z.string(),
      instance_type: z.string(),
      on_demand_usd_h: z.number(),
      advisor: z.object({ r: z.number() }).nullable(),
    }),
  ),
  capacity_events: z.record(z.string(), z.array(z.tuple([Instant, z.number()]))).nullish(),
});
type ScenarioMeta = z.output<typeof ScenarioMeta>;

const Trace = z.object({
  pools: z.array(
    z.object({
      id: z.string(),
      state: z.array(z.number()),
      price: z.array(z.number()).nullable(),
      spot_usd_h: z.number().nullish(),
    }),
  ),
});

/** A file of the data folder as text; one that ends in `.gz` is unpacked. */
export async function readDataFile(dataDir: string, file: string): Promise<string> {
  const bytes = await readFile(join(dataDir, file)).catch(() => {
    throw new BenchRefused(
      `There is no ${file} in ${dataDir}.\n` +
        'Point to a folder with recorded scenarios: npm run bench -- replay --data DIR',
      EXIT_NO_INPUT,
    );
  });
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The recorded scenarios of a folder, one after the other: a large file is read once. */
export async function* readScenarios(dataDir: string): AsyncGenerator<Scenario> {
  const metas = z.array(ScenarioMeta).parse(JSON.parse(await readDataFile(dataDir, 'scenarios.json')));
  const prices = new Map<string, PriceSeries[]>();
  for (const meta of metas) {
    const market = marketOf(meta);
    if (meta.trace_file !== null) {
      yield traceScenario(market, await readTraces(dataDir, meta.trace_file, market));
      continue;
    }
    const file = meta.prices_file ?? '';
    const series = prices.get(file) ?? readPriceFile(await readDataFile(dataDir, file), file);
    prices.set(file, series);
    yield priceScenario(market, series, outagesOf(meta));
  }
}

async function readTraces(dataDir: string, file: string, market: ReplayMarket): Promise<PoolTrace[]> {
  const { pools } = Trace.parse(JSON.parse(await readDataFile(dataDir, file)));
  return market.pools.map(({ id }) => {
    const trace = pools.find((pool) => pool.id === id);
    return {
      state: trace?.state ?? [],
      price: trace?.price ?? null,
      usdPerHour: trace?.spot_usd_h ?? null,
    };
  });
}

function outagesOf({ capacity_events }: ScenarioMeta): Parameters<typeof priceScenario>[2] {
  return Object.fromEntries(
    Object.entries(capacity_events ?? {}).map(([pool, events]) => [
      pool,
      events.map(([fromS, seconds]) => ({ fromS, seconds })),
    ]),
  );
}

function marketOf(meta: ScenarioMeta): ReplayMarket {
  return {
    id: meta.id,
    kind: meta.kind,
    startS: meta.start,
    stepSeconds: meta.dt_s,
    steps: Math.floor((meta.end - meta.start) / meta.dt_s),
    pools: meta.pools.map(({ id, region, az, instance_type, on_demand_usd_h, advisor }) => ({
      id,
      region,
      az,
      instanceType: instance_type,
      onDemandUsdPerHour: on_demand_usd_h,
      advisorBucket: advisor?.r ?? null,
    })),
    onDemand: { instanceType: meta.on_demand.instance_type, usdPerHour: meta.on_demand.usd_h },
  };
}
