import type { BacktestRequest, BacktestResult, BacktestState } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import type { PriceHistory } from './history.js';

export interface Backtest {
  readonly backtestId: string;
  /** Null for the administrator's. */
  readonly clientId: string | null;
  readonly state: BacktestState;
  readonly progress: number;
  /** Times that it was begun; also tells a run from one that was believed dead. */
  readonly attempts: number;
  readonly request: BacktestRequest;
  readonly imported: boolean;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  readonly error: string | null;
}

export type BacktestChange = Partial<
  Pick<Backtest, 'state' | 'progress' | 'attempts' | 'startedAt' | 'finishedAt' | 'error'>
> & { readonly result?: BacktestResult };

/** What must still hold for a change to be made. */
export interface BacktestGuard {
  readonly backtestId: string;
  readonly state: BacktestState;
  readonly attempts?: number;
}

/** Null stands for every tenant and the administrator. */
export type Scope = string | null;

export abstract class BacktestStore {
  /** @param prices an imported price file */
  abstract add(tx: Tx, backtest: Backtest, prices: string | null): Promise<void>;
  abstract find(tx: Tx, scope: Scope, backtestId: string): Promise<Backtest | null>;
  abstract resultOf(tx: Tx, backtestId: string): Promise<BacktestResult | null>;
  abstract pricesOf(tx: Tx, backtestId: string): Promise<string | null>;
  /** Newest first. */
  abstract list(tx: Tx, scope: Scope, limit: number): Promise<{ backtests: Backtest[]; total: number }>;
  /** Queued and running ones of this tenant, or of the administrator. */
  abstract countOpen(tx: Tx, clientId: string | null): Promise<number>;
  /** The oldest that is not finished. */
  abstract nextOpen(tx: Tx): Promise<Backtest | null>;
  /** False when the guard does not hold any more. With a finished state the imported prices are dropped. */
  abstract change(tx: Tx, guard: BacktestGuard, change: BacktestChange): Promise<boolean>;
}

/** Questions to the owner of prices. */
export abstract class StoredHistory {
  /** Prices of the market in the window, with what is known of its pools. */
  abstract read(choice: {
    readonly region: string | null;
    readonly instanceType: string;
    readonly poolIds: readonly string[] | null;
    readonly from: Date;
    readonly to: Date;
  }): Promise<PriceHistory>;
  /** What is known of pools without their prices. */
  abstract factsOf(poolIds: readonly string[]): Promise<PriceHistory['facts']>;
}
