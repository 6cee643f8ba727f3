import { AppError, type Tx } from '@spotopt/kernel';
import {
  forUpdate,
  idColumn,
  insertIfAbsent,
  insertMissing,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { EngineKind, EngineRef } from '../runtime/ports.js';
import { ShadowStore, SlotStore } from './ports.js';
import type { SlotHolder, Slots } from './slots.js';

type SlotName = 'live' | 'fallback';

@Entity('engine_slot')
export class EngineSlotRow {
  @PrimaryColumn(stringColumn(16)) slot!: SlotName;
  @Column(idColumn({ name: 'engine_id' })) engineId!: string;
  @Column(stringColumn(16)) kind!: EngineKind;
  @Column(stringColumn(128)) name!: string;
  @Column(stringColumn(64, { name: 'engine_version' })) engineVersion!: string;
  @Column(stringColumn(64, { nullable: true })) sha256!: string | null;
  @Column(instantColumn()) since!: Date;
  @Column(textColumn({ nullable: true })) failure!: string | null;
  @Column(intColumn()) version!: number;
}

@Entity('shadow_engine')
export class ShadowEngineRow {
  @PrimaryColumn(idColumn({ name: 'engine_id' })) engineId!: string;
  @Column(stringColumn(16)) kind!: EngineKind;
  @Column(stringColumn(128)) name!: string;
  @Column(stringColumn(64, { name: 'engine_version' })) engineVersion!: string;
  @Column(stringColumn(64, { nullable: true })) sha256!: string | null;
  @Column(instantColumn()) since!: Date;
}

/** Both rows carry the revision of the pair, and every change writes both. */
export class SqlSlotStore extends SlotStore {
  override async find(tx: Tx): Promise<Slots | null> {
    return toSlots(await managerOf(tx).find(EngineSlotRow));
  }

  override async findForChange(tx: Tx): Promise<Slots | null> {
    // The live one first: whoever changes the slots waits there, in the same order.
    const rows: EngineSlotRow[] = [];
    for (const slot of ['live', 'fallback'] as const) {
      const query = managerOf(tx).createQueryBuilder(EngineSlotRow, 'slot').where({ slot });
      rows.push(...(await forUpdate(tx, query).getMany()));
    }
    return toSlots(rows);
  }

  override async addFirst(tx: Tx, { live, fallback, revision }: Slots): Promise<void> {
    if (!(await insertIfAbsent(tx, EngineSlotRow, toRow('live', live, revision)))) return;
    if (fallback === null) return;
    await insertIfAbsent(tx, EngineSlotRow, toRow('fallback', fallback, revision));
  }

  override async save(tx: Tx, known: Slots, next: Slots): Promise<void> {
    const guard = { slot: 'live' as const, version: known.revision };
    const changed = await updateRows(tx, EngineSlotRow, guard, toRow('live', next.live, next.revision));
    if (changed !== 1) {
      throw AppError.transient('version-conflict', 'the live engine was changed meanwhile');
    }
    if (next.fallback === null) return;
    const row = toRow('fallback', next.fallback, next.revision);
    if (known.fallback === null) await insertMissing(tx, EngineSlotRow, ['slot'], [row]);
    else await updateRows(tx, EngineSlotRow, { slot: 'fallback' }, row);
  }
}

export class SqlShadowStore extends ShadowStore {
  override async list(tx: Tx): Promise<EngineRef[]> {
    return (await managerOf(tx).find(ShadowEngineRow, { order: { engineId: 'ASC' } })).map(toRef);
  }

  override async has(tx: Tx, engineId: string): Promise<boolean> {
    return managerOf(tx).existsBy(ShadowEngineRow, { engineId });
  }

  override async add(tx: Tx, engine: EngineRef, since: Date): Promise<void> {
    const { version, ...rest } = engine;
    await insertIfAbsent(tx, ShadowEngineRow, { ...rest, engineVersion: version, since });
  }

  override async remove(tx: Tx, engineId: string): Promise<boolean> {
    const result = await managerOf(tx).delete(ShadowEngineRow, { engineId });
    return (result.affected ?? 0) > 0;
  }
}

function toRef(row: EngineSlotRow | ShadowEngineRow): EngineRef {
  const { engineId, kind, name, engineVersion: version, sha256 } = row;
  return { engineId, kind, name, version, sha256 };
}

function toRow(slot: SlotName, { engine, since, failure }: SlotHolder, revision: number): EngineSlotRow {
  const { version: engineVersion, engineId, kind, name, sha256 } = engine;
  return { slot, engineId, kind, name, engineVersion, sha256, since, failure, version: revision };
}

function toHolder(row: EngineSlotRow): SlotHolder {
  return { engine: toRef(row), since: row.since, failure: row.failure };
}

function toSlots(rows: readonly EngineSlotRow[]): Slots | null {
  const live = rows.find(({ slot }) => slot === 'live');
  const fallback = rows.find(({ slot }) => slot === 'fallback');
  if (live === undefined) return null;
  return {
    live: toHolder(live),
    fallback: fallback === undefined ? null : toHolder(fallback),
    revision: live.version,
  };
}
