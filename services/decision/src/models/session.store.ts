import type { ModelFile, ModelSessionState } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  forUpdate,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, In, LessThan, Not, PrimaryColumn } from 'typeorm';
import { type SessionFilter, SessionStore } from './ports.js';
import type { FilesState, ModelSession, SessionType } from './session.js';

@Entity('model_session')
export class ModelSessionRow {
  @PrimaryColumn(idColumn({ name: 'session_id' })) sessionId!: string;
  @Column(stringColumn(32, { name: 'session_type' })) sessionType!: SessionType;
  @Column(stringColumn(16)) state!: ModelSessionState;
  @Column(stringColumn(16, { nullable: true })) kind!: ModelSession['kind'];
  @Column(stringColumn(128, { nullable: true })) name!: string | null;
  @Column(stringColumn(64, { name: 'engine_version', nullable: true })) engineVersion!: string | null;
  @Column(stringColumn(64, { nullable: true })) sha256!: string | null;
  @Column(jsonColumn()) details!: Record<string, unknown>;
  @Column(jsonColumn()) declared!: Record<string, string>;
  @Column(jsonColumn()) files!: ModelFile[];
  @Column(stringColumn(16, { name: 'files_state' })) filesState!: FilesState;
  @Column(textColumn({ nullable: true })) reason!: string | null;
  @Column(stringColumn(128, { name: 'uploaded_by' })) uploadedBy!: string;
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'uploaded_at', nullable: true })) uploadedAt!: Date | null;
  @Column(instantColumn({ name: 'activated_at', nullable: true })) activatedAt!: Date | null;
  @Column(intColumn()) version!: number;
}

const NEWEST_FIRST = { createdAt: 'DESC', sessionId: 'DESC' } as const;
const OVER: ModelSessionState[] = ['archived', 'refused'];
const PENDING: ModelSessionState[] = ['uploaded', 'validated'];

export class SqlSessionStore extends SessionStore {
  override add(tx: Tx, session: ModelSession): Promise<boolean> {
    return insertIfAbsent(tx, ModelSessionRow, toRow(session));
  }

  override async find(tx: Tx, sessionId: string): Promise<ModelSession | null> {
    return managerOf(tx).findOneBy(ModelSessionRow, { sessionId });
  }

  override async findForChange(tx: Tx, sessionId: string): Promise<ModelSession | null> {
    const query = managerOf(tx).createQueryBuilder(ModelSessionRow, 'session').where({ sessionId });
    return forUpdate(tx, query).getOne();
  }

  override async save(tx: Tx, known: ModelSession, next: ModelSession): Promise<void> {
    const { sessionId, version } = known;
    const change = { ...toRow(next), version: version + 1 };
    if ((await updateRows(tx, ModelSessionRow, { sessionId, version }, change)) === 1) return;
    throw AppError.transient('version-conflict', `upload ${sessionId} was changed meanwhile`);
  }

  override async list(tx: Tx, { all, limit }: SessionFilter): Promise<ModelSession[]> {
    const unseen: ModelSessionState[] = all ? ['receiving'] : ['receiving', ...OVER];
    const where = { state: Not(In(unseen)) };
    return managerOf(tx).find(ModelSessionRow, { where, order: NEWEST_FIRST, take: limit });
  }

  override async listPending(tx: Tx): Promise<ModelSession[]> {
    return managerOf(tx).find(ModelSessionRow, { where: { state: In(PENDING) }, order: NEWEST_FIRST });
  }

  override async listLeaving(tx: Tx, limit: number): Promise<ModelSession[]> {
    return managerOf(tx).find(ModelSessionRow, { where: { filesState: 'leaving' }, take: limit });
  }

  override async countReceiving(tx: Tx): Promise<number> {
    return managerOf(tx).countBy(ModelSessionRow, { state: 'receiving' });
  }

  override async listUnfinished(tx: Tx, before: Date, limit: number): Promise<ModelSession[]> {
    return managerOf(tx).find(ModelSessionRow, {
      where: { state: 'receiving', createdAt: LessThan(before) },
      order: { createdAt: 'ASC' },
      take: limit,
    });
  }

  override async deleteUnfinished(tx: Tx, sessionId: string): Promise<boolean> {
    const result = await managerOf(tx).delete(ModelSessionRow, { sessionId, state: 'receiving' });
    return result.affected === 1;
  }

  override async figures(tx: Tx): Promise<{ uploads: number; lastUploadAt: Date | null }> {
    const [newest, uploads] = await managerOf(tx).findAndCount(ModelSessionRow, {
      where: { state: Not('receiving') },
      order: NEWEST_FIRST,
      take: 1,
    });
    return { uploads, lastUploadAt: newest[0]?.uploadedAt ?? newest[0]?.createdAt ?? null };
  }
}

function toRow(session: ModelSession): ModelSessionRow {
  const { details, declared, files } = session;
  return { ...session, details: { ...details }, declared: { ...declared }, files: [...files] };
}
