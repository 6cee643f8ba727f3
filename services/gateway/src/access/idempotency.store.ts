import type { Tx, UnitOfWork } from '@spotopt/kernel';
import {
  changeRows,
  deleteInChunks,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  textColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { IdempotencyStore } from './ports.js';
import type { IdempotentStart } from './ports.js';

@Entity('idempotency_key')
export class IdempotencyRow {
  /** Hash of caller, route and request id. */
  @PrimaryColumn(stringColumn(64, { name: 'request_key' }))
  requestKey!: string;

  /** Hash of path and body: the same id for another request is a mistake. */
  @Column(stringColumn(64))
  fingerprint!: string;

  /** 0 while the request is under way. */
  @Column(intColumn({ name: 'http_status' }))
  httpStatus!: number;

  @Column(textColumn({ nullable: true }))
  body!: string | null;

  @Column(instantColumn({ name: 'created_at' }))
  createdAt!: Date;
}

/** A process that died in the middle of a request must not block its key for ever. */
const ABANDONED_AFTER_MS = 60_000;

export class TypeormIdempotencyStore extends IdempotencyStore {
  override async begin(tx: Tx, key: string, fingerprint: string, nowMs: number): Promise<IdempotentStart> {
    const row = { requestKey: key, fingerprint, httpStatus: 0, body: null, createdAt: new Date(nowMs) };
    if (await insertIfAbsent(tx, IdempotencyRow, row)) return { outcome: 'started' };
    const found = await managerOf(tx).findOneBy(IdempotencyRow, { requestKey: key });
    if (found === null) return { outcome: 'running' };
    if (found.fingerprint !== fingerprint) return { outcome: 'other-request' };
    if (found.httpStatus !== 0)
      return { outcome: 'finished', status: found.httpStatus, body: found.body ?? '' };
    return (await this.#takeOver(tx, key, nowMs)) ? { outcome: 'started' } : { outcome: 'running' };
  }

  override async finish(tx: Tx, key: string, status: number, body: string): Promise<void> {
    await changeRows(tx, 'UPDATE idempotency_key SET http_status = ?, body = ? WHERE request_key = ?', [
      status,
      body,
      key,
    ]);
  }

  override async forget(tx: Tx, key: string): Promise<void> {
    await changeRows(tx, 'DELETE FROM idempotency_key WHERE request_key = ? AND http_status = 0', [key]);
  }

  override async deleteOld(uow: UnitOfWork, beforeMs: number, signal: AbortSignal): Promise<number> {
    return deleteInChunks(uow, {
      table: 'idempotency_key',
      keys: ['request_key'],
      timeColumn: 'created_at',
      before: new Date(beforeMs),
      signal,
    });
  }

  async #takeOver(tx: Tx, key: string, nowMs: number): Promise<boolean> {
    const sql =
      'UPDATE idempotency_key SET created_at = ? WHERE request_key = ? AND http_status = 0 AND created_at < ?';
    return (await changeRows(tx, sql, [new Date(nowMs), key, new Date(nowMs - ABANDONED_AFTER_MS)])) === 1;
  }
}
