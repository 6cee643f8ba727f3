import type { Tx } from '@spotopt/kernel';
import {
  boolColumn,
  changeRows,
  idColumn,
  insertIfAbsent,
  instantColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, IsNull, MoreThan, PrimaryColumn } from 'typeorm';
import { type Standby, type StandbyNews, StandbyStore } from './ports.js';

@Entity('standby')
export class StandbyRow {
  @PrimaryColumn(idColumn({ name: 'replica_id' })) replicaId!: string;
  @Column(idColumn({ name: 'agent_id' })) agentId!: string;
  @Column(stringColumn(16)) mode!: 'spot' | 'ondemand';
  @Column(idColumn({ name: 'pool_id' })) poolId!: string;
  @Column(boolColumn()) advised!: boolean;
  @Column(instantColumn({ name: 'requested_at' })) requestedAt!: Date;
  @Column(instantColumn({ name: 'ready_at', nullable: true })) readyAt!: Date | null;
  @Column(instantColumn({ name: 'ended_at', nullable: true })) endedAt!: Date | null;
}

/** Of one whose end was told first; it is never listed. */
const UNKNOWN_POOL = '';
/** A life that ended before is over; one that was told to end later stays so. */
const BEGIN_ANEW = `
  UPDATE standby SET advised = ?, requested_at = ?, ready_at = ?, ended_at = NULL
  WHERE replica_id = ? AND requested_at < ? AND (ended_at IS NULL OR ended_at <= ?)`;
/** Not by the end of a life before the present one. */
const END = `
  UPDATE standby SET ended_at = ? WHERE replica_id = ? AND ended_at IS NULL AND (ready_at IS NULL OR ready_at <= ?)`;

export class SqlStandbyStore extends StandbyStore {
  override async tell(tx: Tx, { step, at, ...facts }: StandbyNews): Promise<void> {
    const readyAt = step === 'ready' || step === 'demoted' ? at : null;
    const endedAt = step === 'ended' ? at : null;
    const poolId = facts.poolId ?? UNKNOWN_POOL;
    if (await insertIfAbsent(tx, StandbyRow, { ...facts, poolId, requestedAt: at, readyAt, endedAt })) return;
    const { replicaId } = facts;
    const manager = managerOf(tx);
    if (step === 'demoted') {
      await changeRows(tx, BEGIN_ANEW, [facts.advised, at, at, replicaId, at, at]);
      return;
    }
    // What came first may have been a later step, so that the beginning moves back.
    await manager.update(StandbyRow, { replicaId, requestedAt: MoreThan(at) }, { requestedAt: at });
    if (readyAt !== null) await manager.update(StandbyRow, { replicaId, readyAt: IsNull() }, { readyAt });
    if (endedAt !== null) await changeRows(tx, END, [endedAt, replicaId, endedAt]);
  }

  override async listLiving(tx: Tx, agentId: string): Promise<Standby[]> {
    const rows = await managerOf(tx).find(StandbyRow, {
      where: { agentId, endedAt: IsNull() },
      order: { requestedAt: 'ASC', replicaId: 'ASC' },
    });
    return rows.map(({ replicaId, mode, poolId, advised, requestedAt, readyAt }) => ({
      replicaId,
      agentId,
      mode,
      poolId,
      advised: Boolean(advised),
      requestedAt,
      readyAt,
    }));
  }
}
