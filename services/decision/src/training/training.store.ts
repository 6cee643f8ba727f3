import { TrainingFormat, TrainingSetView } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  bigintColumn,
  blobColumn,
  boolColumn,
  idColumn,
  insertIfAbsent,
  insertRows,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  QueuedRow,
  QueuedRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { TrainingSet, TrainingSetStore } from './ports.js';

@Entity('training_set')
export class TrainingSetRow extends QueuedRow {
  @PrimaryColumn(idColumn({ name: 'set_id' })) setId!: string;
  @Column(idColumn()) name!: string;
  @Column(intColumn()) version!: number;
  @Column(stringColumn(16)) format!: string;
  @Column(instantColumn({ name: 'from_at' })) from!: Date;
  @Column(instantColumn({ name: 'until_at' })) until!: Date;
  @Column(stringColumn(64, { nullable: true })) region!: string | null;
  @Column(jsonColumn({ name: 'instance_types', nullable: true })) instanceTypes!: readonly string[] | null;
  @Column(jsonColumn()) pools!: TrainingSet['pools'];
  @Column(intColumn({ name: 'columns_version' })) columnsVersion!: number;
  @Column(instantColumn({ name: 'as_of' })) asOf!: Date;
  @Column(intColumn({ name: 'row_count' })) rows!: number;
  @Column(intColumn({ name: 'rows_left_out' })) rowsLeftOut!: number;
  @Column(bigintColumn({ name: 'byte_count' })) bytes!: number;
  @Column(stringColumn(64, { nullable: true })) sha256!: string | null;
  @Column(instantColumn({ name: 'file_until', nullable: true })) fileUntil!: Date | null;
  @Column(boolColumn({ nullable: true })) reproduced!: boolean | null;
}

/** Bytes of a file, packed. Kept in the database, which every process of the service sees, for a week. */
@Entity('training_set_piece')
export class TrainingSetPieceRow {
  @PrimaryColumn(idColumn({ name: 'set_id' })) setId!: string;
  @PrimaryColumn(intColumn()) number!: number;
  @Column(blobColumn()) body!: Uint8Array;
  @Column(instantColumn({ name: 'made_at' })) madeAt!: Date;
}

export class SqlTrainingSetStore extends QueuedRows<TrainingSetRow, TrainingSet> implements TrainingSetStore {
  constructor() {
    super({
      entity: TrainingSetRow,
      id: 'setId',
      noun: 'training set',
      toJob: toSet,
      toRow: (set) => ({ ...set }),
    });
  }

  add(tx: Tx, set: TrainingSet): Promise<boolean> {
    return insertIfAbsent(tx, TrainingSetRow, { ...set });
  }

  async lastVersion(tx: Tx, name: string): Promise<number> {
    return (await managerOf(tx).maximum(TrainingSetRow, 'version', { name })) ?? 0;
  }

  async addPiece(
    tx: Tx,
    piece: { setId: string; number: number; body: Uint8Array; madeAt: Date },
  ): Promise<void> {
    await insertRows(tx, TrainingSetPieceRow, { ...piece, body: Buffer.from(piece.body) });
  }

  async piece(tx: Tx, setId: string, number: number): Promise<Uint8Array | null> {
    const row = await managerOf(tx).findOneBy(TrainingSetPieceRow, { setId, number });
    return row?.body ?? null;
  }

  countPieces(tx: Tx, setId: string): Promise<number> {
    return managerOf(tx).countBy(TrainingSetPieceRow, { setId });
  }

  async removePieces(tx: Tx, setId: string): Promise<void> {
    await managerOf(tx).delete(TrainingSetPieceRow, { setId });
  }
}

function toSet(row: TrainingSetRow): TrainingSet {
  return {
    ...row,
    state: TrainingSetView.shape.state.parse(row.state),
    format: TrainingFormat.parse(row.format),
    reproduced: row.reproduced === null ? null : Boolean(row.reproduced),
  };
}
