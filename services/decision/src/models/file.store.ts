import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { AppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import {
  blobColumn,
  changeRows,
  idColumn,
  insertIfAbsent,
  intColumn,
  managerOf,
  selectRows,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { FileStore, type PartPlace } from './ports.js';

@Entity('model_part')
export class ModelPartRow {
  @PrimaryColumn(idColumn({ name: 'session_id' })) sessionId!: string;
  @PrimaryColumn(intColumn({ name: 'file_number' })) file!: number;
  @PrimaryColumn(intColumn({ name: 'part_number' })) part!: number;
  @Column(blobColumn()) content!: Buffer;
  @Column(stringColumn(64)) sha256!: string;
}

/** Rows of one transaction that deletes; some megabytes. */
const DELETED_AT_ONCE = 8;

export class SqlFileStore extends FileStore {
  override async addPart(tx: Tx, at: PartPlace, content: Buffer): Promise<boolean> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    if (await insertIfAbsent(tx, ModelPartRow, { ...at, content, sha256 })) return true;
    const { sessionId, file, part } = at;
    const there = await managerOf(tx).findOne(ModelPartRow, {
      select: { sha256: true },
      where: { sessionId, file, part },
    });
    if (there?.sha256 === sha256) return false;
    throw AppError.permanent(
      'upload-part-conflict',
      'this part was sent before with another content; upload under another id',
    );
  }

  override async readPart(tx: Tx, { sessionId, file, part }: PartPlace): Promise<Buffer | null> {
    const row = await managerOf(tx).findOneBy(ModelPartRow, { sessionId, file, part });
    return row === null ? null : row.content;
  }

  override async deleteAll(uow: UnitOfWork, sessionId: string): Promise<number> {
    let total = 0;
    for (;;) {
      const deleted = await uow.run((tx) => this.#deleteSome(tx, sessionId));
      total += deleted;
      if (deleted === 0) return total;
      // On SQLite nothing here waits for anything, and others have work to do.
      await setImmediate();
    }
  }

  async #deleteSome(tx: Tx, sessionId: string): Promise<number> {
    const rows = await selectRows<{ file_number: number; part_number: number }>(
      tx,
      `SELECT file_number, part_number FROM model_part WHERE session_id = ? LIMIT ${String(DELETED_AT_ONCE)}`,
      [sessionId],
    );
    if (rows.length === 0) return 0;
    const keys = rows.map(() => '(?, ?)').join(', ');
    return changeRows(
      tx,
      `DELETE FROM model_part WHERE session_id = ? AND (file_number, part_number) IN (${keys})`,
      [sessionId, ...rows.flatMap((row) => [row.file_number, row.part_number])],
    );
  }
}
