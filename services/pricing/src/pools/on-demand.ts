import { listPriceOf } from './on-demand-catalogue.js';
import type { OnDemandPrice } from './pool.js';

/** Constant that deployed agents send when they could not find a price. */
const AGENT_DEFAULT_USD = 0.1;
/** Deployed agents guess three times the mean of the spot prices that they see. */
const AGENT_GUESS_FACTOR = 3;
/** Agents round what they compute. */
const GUESS_TOLERANCE = 0.001;

export function cataloguePriceOf(region: string, instanceType: string): OnDemandPrice | null {
  const usdPerHour = listPriceOf(region, instanceType);
  return usdPerHour === undefined ? null : { usdPerHour, source: 'catalogue' };
}

export interface ReportedOnDemand {
  readonly region: string;
  readonly instanceType: string;
  readonly usdPerHour: number;
  /** The spot prices of the same report. */
  readonly spotUsdPerHour: readonly number[];
}

/**
 * Whether an agent's figure must be taken for an estimate: agents do not say when they guess, so that every figure
 * is one that the catalogue does not confirm by knowing the type, and those that they are known to make up.
 */
export function isEstimate(report: ReportedOnDemand): boolean {
  return looksMadeUp(report) || cataloguePriceOf(report.region, report.instanceType) === null;
}

/** Whether a figure is one that deployed agents make up: 0.1, or three times the mean spot price. */
function looksMadeUp(report: ReportedOnDemand): boolean {
  const { usdPerHour, spotUsdPerHour } = report;
  if (usdPerHour === AGENT_DEFAULT_USD) return true;
  if (spotUsdPerHour.length === 0) return false;
  const mean = spotUsdPerHour.reduce((sum, price) => sum + price, 0) / spotUsdPerHour.length;
  return Math.abs(usdPerHour - AGENT_GUESS_FACTOR * mean) <= GUESS_TOLERANCE * usdPerHour;
}
