import type { SimulatedRegion } from '../region/simulated-region.js';
import { startScript, type ScriptSource } from './script.js';
import { startSeeded, type SeededSource } from './seeded.js';
import { startTrace, type TraceSource } from './trace.js';

/** Where losses of capacity come from; a region may have several. */
export type InterruptionSource = ScriptSource | TraceSource | SeededSource;

export function startSource(region: SimulatedRegion, source: InterruptionSource): void {
  switch (source.kind) {
    case 'script':
      startScript(region, source);
      break;
    case 'trace':
      startTrace(region, source);
      break;
    case 'seeded':
      startSeeded(region, source);
      break;
  }
}
