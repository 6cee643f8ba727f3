/**
 * A market as a chain of states, in each of which every pool is up or away. Costs are in hours on demand: a price is
 * a share of the one on demand.
 */
export interface AgeModel {
  readonly stepHours: number;
  /** By pool. */
  readonly prices: readonly number[];
  /** 1 where the pool is up, by pool and state. */
  readonly isUp: readonly Uint8Array[];
  readonly states: number;
  /** The transitions of a state are those from `begin[state]` to before `begin[state + 1]`; one that never comes has none. */
  readonly begin: Int32Array;
  readonly next: Int32Array;
  readonly chance: Float64Array;
}

export interface Transition {
  readonly next: number;
  readonly chance: number;
}

/** @param rows by state */
export function ageModel(
  market: Pick<AgeModel, 'stepHours' | 'prices' | 'isUp'>,
  rows: readonly (readonly Transition[])[],
): AgeModel {
  const begin = new Int32Array(rows.length + 1);
  for (const [state, row] of rows.entries()) begin[state + 1] = (begin[state] ?? 0) + row.length;
  const all = rows.flat();
  return {
    ...market,
    states: rows.length,
    begin,
    next: Int32Array.from(all, ({ next }) => next),
    chance: Float64Array.from(all, ({ chance }) => chance),
  };
}

/**
 * Where machines run: places are numbered, on demand 0 and the pools from 1. A holding is a primary and a standby in a
 * pool (0: none), as one number; the last number is that of nobody running.
 */
export class Holdings {
  readonly places: number;
  readonly nothing: number;
  /** The pairs that can be. */
  readonly all: readonly { readonly primary: number; readonly standby: number; readonly holding: number }[];

  constructor(pools: number) {
    this.places = pools + 1;
    this.nothing = this.places * this.places;
    this.all = Array.from({ length: this.nothing }, (_, holding) => ({
      primary: Math.floor(holding / this.places),
      standby: holding % this.places,
      holding,
    })).filter(({ primary, standby }) => standby === 0 || standby !== primary);
  }

  of(primary: number, standby: number): number {
    return primary * this.places + standby;
  }

  partsOf(holding: number): { readonly primary: number; readonly standby: number } {
    return { primary: Math.floor(holding / this.places), standby: holding % this.places };
  }
}
