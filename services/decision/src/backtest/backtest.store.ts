import { gunzipSync, gzipSync } from 'node:zlib';
import { type BacktestRequest, type BacktestResult, BacktestState } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  blobColumn,
  boolColumn,
  doubleColumn,
  idColumn,
  insertMissing,
  insertRows,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, In, IsNull, PrimaryColumn } from 'typeorm';
import {
  type Backtest,
  type BacktestChange,
  type BacktestGuard,
  BacktestStore,
  type Scope,
} from './ports.js';

@Entity('backtest')
export class BacktestRow {
  @PrimaryColumn(idColumn({ name: 'backtest_id' })) backtestId!: string;
  @Column(idColumn({ name: 'client_id', nullable: true })) clientId!: string | null;
  @Column(stringColumn(16)) state!: string;
  @Column(doubleColumn()) progress!: number;
  @Column(intColumn()) attempts!: number;
  @Column(jsonColumn()) request!: BacktestRequest;
  @Column(blobColumn({ nullable: true, select: false })) prices!: Buffer | null;
  @Column(boolColumn()) imported!: boolean;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'started_at', nullable: true })) startedAt!: Date | null;
  @Column(instantColumn({ name: 'finished_at', nullable: true })) finishedAt!: Date | null;
  @Column(jsonColumn({ nullable: true, select: false })) result!: BacktestResult | null;
  @Column(textColumn({ nullable: true })) error!: string | null;
}

/** One row for each tenant that ever asked; the administrator's name is empty. */
@Entity('backtest_queue')
export class BacktestQueueRow {
  @PrimaryColumn(idColumn({ name: 'client_id' })) clientId!: string;
}

const OPEN = ['queued', 'running'];

export class SqlBacktestStore extends BacktestStore {
  override async add(tx: Tx, backtest: Backtest, prices: string | null): Promise<void> {
    await insertRows(tx, BacktestRow, {
      ...backtest,
      prices: prices === null ? null : gzipSync(prices),
      result: null,
    });
  }

  override async find(tx: Tx, scope: Scope, backtestId: string): Promise<Backtest | null> {
    const row = await managerOf(tx).findOneBy(BacktestRow, { backtestId, ...inScope(scope) });
    return row === null ? null : toBacktest(row);
  }

  override async resultOf(tx: Tx, backtestId: string): Promise<BacktestResult | null> {
    const row = await managerOf(tx).findOne(BacktestRow, {
      where: { backtestId },
      select: { backtestId: true, result: true },
    });
    return row?.result ?? null;
  }

  override async pricesOf(tx: Tx, backtestId: string): Promise<string | null> {
    const row = await managerOf(tx).findOne(BacktestRow, {
      where: { backtestId },
      select: { backtestId: true, prices: true },
    });
    return row?.prices == null ? null : gunzipSync(row.prices).toString('utf8');
  }

  override async list(
    tx: Tx,
    scope: Scope,
    limit: number,
  ): Promise<{ backtests: Backtest[]; total: number }> {
    const [rows, total] = await managerOf(tx).findAndCount(BacktestRow, {
      where: inScope(scope),
      order: { createdAt: 'DESC', backtestId: 'DESC' },
      take: limit,
    });
    return { backtests: rows.map(toBacktest), total };
  }

  override async countOpen(tx: Tx, clientId: string | null): Promise<number> {
    const queue = { clientId: clientId ?? '' };
    // Waits for whoever counts, and holds the row itself.
    await insertMissing(tx, BacktestQueueRow, ['client_id'], [queue]);
    return managerOf(tx).countBy(BacktestRow, { clientId: clientId ?? IsNull(), state: In(OPEN) });
  }

  override async nextOpen(tx: Tx): Promise<Backtest | null> {
    const [row] = await managerOf(tx).find(BacktestRow, {
      where: { state: In(OPEN) },
      order: { createdAt: 'ASC', backtestId: 'ASC' },
      take: 1,
    });
    return row === undefined ? null : toBacktest(row);
  }

  override async change(tx: Tx, guard: BacktestGuard, change: BacktestChange): Promise<boolean> {
    const isFinished = change.state !== undefined && !OPEN.includes(change.state);
    const columns: Partial<BacktestRow> = { ...change, ...(isFinished ? { prices: null } : {}) };
    return (await updateRows(tx, BacktestRow, { ...guard }, columns)) === 1;
  }
}

function inScope(scope: Scope): { clientId?: string } {
  return scope === null ? {} : { clientId: scope };
}

function toBacktest({ prices: _prices, result: _result, ...row }: BacktestRow): Backtest {
  return { ...row, imported: Boolean(row.imported), state: BacktestState.parse(row.state) };
}
