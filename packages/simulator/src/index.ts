export { startSimulator } from './simulator.js';
export type { Simulator, SimulatorOptions } from './simulator.js';
export { ACCOUNT_ID, SimulatedRegion } from './region/simulated-region.js';
export type { InstanceListener, RegionOptions } from './region/simulated-region.js';
export { stateAt, workloadOf } from './region/instance.js';
export type { EndCause, Instance, InstanceState, Market } from './region/instance.js';
export type { Availability } from './region/capacity.js';
export type { InterruptOptions, MaintenanceOptions } from './region/notices.js';
export type { InstanceSummary, PoolSummary, RegionState } from './region/region-state.js';
export { RegionSnapshot, restoreRegion, snapshotRegion } from './region/region-snapshot.js';
export type { TimelineEntry } from './region/timeline.js';
export type { ServingInterval, WorkloadReport } from './region/workloads.js';
export { seededRandom } from './region/seeded-random.js';
export type { Fault, FaultRequest } from './faults/faults.js';
export { DEFAULT_INSTANCE_TYPES, generatedPriceBook } from './prices/generated-prices.js';
export type { GeneratedPricesOptions } from './prices/generated-prices.js';
export {
  estimateOnDemandPrice,
  listedOnDemandPrice,
  ON_DEMAND_PRICES_AS_OF,
} from './prices/on-demand-prices.js';
export type { OnDemandPrice } from './prices/on-demand-prices.js';
export { PriceBook } from './prices/price-book.js';
export type { PriceChange, PriceRow, PriceSeries } from './prices/price-book.js';
export { loadPriceFile, parsePriceFile, recordedPriceBook } from './prices/recorded-prices.js';
export { loadScript } from './interruptions/script.js';
export type { ScriptEvent, ScriptSource } from './interruptions/script.js';
export type { SeededProfile, SeededSource } from './interruptions/seeded.js';
export type { InterruptionSource } from './interruptions/source.js';
export { loadTrace, parseTrace, tracePriceBook } from './interruptions/trace.js';
export type { Trace, TraceSource } from './interruptions/trace.js';
