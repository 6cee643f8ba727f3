import { ScaledClock, type Ids } from '@spotopt/kernel';
import {
  generatedPriceBook,
  type InterruptionSource,
  loadPriceFile,
  type PriceBook,
  type RegionSnapshot,
  restoreRegion,
  seededRandom,
  type Simulator,
  startSimulator,
} from '@spotopt/simulator';

const HOUR_MS = 3_600_000;
const HISTORY_MS = 90 * 24 * HOUR_MS;
/** Hours of a recording that lie before the start, so that the engine has a past to look at. */
const RECORDED_PAST_MS = 24 * HOUR_MS;

export interface RegionSettings {
  /** Recorded prices; undefined = generated ones. */
  readonly pricesFile: string | undefined;
  readonly seed: number;
  readonly speed: number;
  /** Simulated time at the start; undefined = decided by the prices. */
  readonly startAt: Date | undefined;
  readonly capacity: 'none' | 'typical' | 'lively' | 'stress';
  readonly host: string;
  readonly awsPort: number;
  readonly metadataPort: number;
}

export interface StartedRegion {
  readonly simulator: Simulator;
  readonly clock: ScaledClock;
}

export const NOTICE_QUEUE = 'spotopt-notices';

export function nameOfPrices(settings: Pick<RegionSettings, 'pricesFile' | 'seed'>): string {
  return settings.pricesFile ?? `generated prices, seed ${String(settings.seed)}`;
}

/** Starts the simulated cloud, where the last run left it if there was one. */
export async function startRegion(
  settings: RegionSettings,
  parts: { readonly ids: Ids; readonly random: () => number; readonly snapshot: RegionSnapshot | null },
): Promise<StartedRegion> {
  const { speed, seed } = settings;
  const realStartMs = Date.now();
  const firstStartMs = settings.startAt?.getTime() ?? realStartMs;
  const prices =
    settings.pricesFile === undefined
      ? generatedPriceBook({ startMs: generatedFrom(parts.snapshot, firstStartMs), seed })
      : await loadPriceFile(settings.pricesFile);
  const startMs = startOf(settings, prices, parts.snapshot, firstStartMs);
  const clock = new ScaledClock({ startMs, realStartMs, speed });
  const simulator = await startSimulator({
    clock,
    ids: parts.ids,
    random: seededRandom(seed),
    prices,
    host: settings.host,
    awsPort: settings.awsPort,
    metadataPort: settings.metadataPort,
    noticeQueueName: NOTICE_QUEUE,
    marketSeed: seed,
    interruptions: sourcesOf(settings),
  });
  if (parts.snapshot !== null) restoreRegion(simulator.region, parts.snapshot);
  return { simulator, clock };
}

/** Whole days, so that a later start of the same directory generates the same prices again. */
function generatedFrom(snapshot: RegionSnapshot | null, startMs: number): number {
  const first = snapshot?.pricesFromMs ?? startMs - HISTORY_MS;
  return Math.floor(first / (24 * HOUR_MS)) * 24 * HOUR_MS;
}

function startOf(
  settings: RegionSettings,
  prices: PriceBook,
  snapshot: RegionSnapshot | null,
  firstStartMs: number,
): number {
  // Time goes on where it stopped; while nothing ran, none passed. Up to a second may not have been saved.
  if (snapshot !== null) return snapshot.takenAtMs + settings.speed * 1000;
  if (settings.startAt !== undefined || prices.lastAt === undefined) return firstStartMs;
  return prices.firstAt + RECORDED_PAST_MS;
}

function sourcesOf(settings: RegionSettings): InterruptionSource[] {
  const { capacity, seed } = settings;
  return capacity === 'none' ? [] : [{ kind: 'seeded', profile: capacity, seed }];
}
