import { AppError } from '@spotopt/kernel';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  managerOf,
  stringColumn,
  textColumn,
} from '@spotopt/persistence';
import { Column, Entity, IsNull, Not, PrimaryColumn } from 'typeorm';
import type { Client, ClientStatus } from './client.js';
import { ClientStore } from './ports.js';

@Entity('client')
export class ClientRow {
  @PrimaryColumn(idColumn())
  id!: string;

  @Column(stringColumn(120))
  name!: string;

  /** The name while the tenant lives, NULL afterwards: a deleted tenant frees its name. */
  @Column(stringColumn(120, { name: 'name_key', nullable: true }))
  nameKey!: string | null;

  @Column(stringColumn(254, { nullable: true }))
  email!: string | null;

  @Column(stringColumn(254, { name: 'email_key', nullable: true }))
  emailKey!: string | null;

  @Column(stringColumn(16))
  status!: ClientStatus;

  @Column(stringColumn(64, { name: 'token_hash' }))
  tokenHash!: string;

  @Column(textColumn({ name: 'token_encrypted' }))
  tokenEncrypted!: string;

  @Column(instantColumn({ name: 'created_at' }))
  createdAt!: Date;

  @Column(intColumn())
  version!: number;
}

function toClient(row: ClientRow): Client {
  const { id, name, email, status, tokenHash, tokenEncrypted, createdAt } = row;
  return { id, name, email, status, tokenHash, tokenEncrypted, createdAtMs: createdAt.getTime() };
}

export class TypeormClientStore extends ClientStore {
  override async insert(tx: Tx, client: Client): Promise<void> {
    const { createdAtMs, ...rest } = client;
    const nameKey = client.name.toLowerCase();
    const inserted = await insertIfAbsent(tx, ClientRow, {
      ...rest,
      nameKey,
      emailKey: client.email?.toLowerCase() ?? null,
      createdAt: new Date(createdAtMs),
      version: 1,
    });
    if (inserted) return;
    const named = await managerOf(tx).existsBy(ClientRow, { nameKey });
    throw named
      ? AppError.permanent('client-name-in-use', `there is a client with the name ${client.name}`)
      : AppError.permanent('client-email-in-use', 'there is a client with this email address');
  }

  override async find(tx: Tx, clientId: string): Promise<Client | null> {
    const row = await managerOf(tx).findOneBy(ClientRow, { id: clientId });
    return row === null ? null : toClient(row);
  }

  override async findByTokenHash(tx: Tx, tokenHash: string): Promise<Client | null> {
    const row = await managerOf(tx).findOneBy(ClientRow, { tokenHash });
    return row === null ? null : toClient(row);
  }

  override async list(tx: Tx): Promise<readonly Client[]> {
    const rows = await managerOf(tx).find(ClientRow, {
      where: { nameKey: Not(IsNull()) },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
    return rows.map(toClient);
  }

  override async count(tx: Tx): Promise<number> {
    return managerOf(tx).countBy(ClientRow, { nameKey: Not(IsNull()) });
  }

  override async replaceToken(
    tx: Tx,
    clientId: string,
    token: { hash: string; encrypted: string },
  ): Promise<boolean> {
    const sql =
      'UPDATE client SET token_hash = ?, token_encrypted = ?, version = version + 1 WHERE id = ? AND name_key IS NOT NULL';
    return (await changeRows(tx, sql, [token.hash, token.encrypted, clientId])) === 1;
  }

  override async setStatus(tx: Tx, clientId: string, status: ClientStatus): Promise<boolean> {
    const freed = status === 'deleted' ? ', name_key = NULL, email_key = NULL' : '';
    const sql = `UPDATE client SET status = ?, version = version + 1${freed} WHERE id = ? AND name_key IS NOT NULL`;
    return (await changeRows(tx, sql, [status, clientId])) === 1;
  }
}
