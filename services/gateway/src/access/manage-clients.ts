import { ClientCreatedV1, ClientDeletedV1, ClientTokenRegeneratedV1, createEvent } from '@spotopt/contracts';
import type { Clock, Ids, Outbox, UnitOfWork } from '@spotopt/kernel';
import { nameOf, notFound } from '../caller.js';
import type { Caller } from '../caller.js';
import type { AuditTrail } from '../events/ports.js';
import { hashToken, newToken } from './client.js';
import type { Client } from './client.js';
import { ClientRegister } from './ports.js';
import type { ClientStore } from './ports.js';
import type { TokenCipher } from './token-cipher.js';

export interface ManageClientsParts {
  readonly store: ClientStore;
  readonly uow: UnitOfWork;
  readonly outbox: Outbox;
  readonly cipher: TokenCipher;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly ids: Ids;
}

export interface ClientWithToken {
  readonly client: Client;
  readonly token: string;
}

/** Life of tenants and of their tokens. */
export class ManageClients extends ClientRegister {
  constructor(private readonly parts: ManageClientsParts) {
    super();
  }

  /** @throws AppError `client-name-in-use` or `client-email-in-use` (permanent) */
  async create(input: { name: string; email: string | null }): Promise<ClientWithToken> {
    const { store, uow, outbox, cipher, clock, ids } = this.parts;
    const id = ids.next();
    const token = newToken();
    const client: Client = {
      id,
      name: input.name,
      email: input.email,
      status: 'active',
      tokenHash: hashToken(token),
      tokenEncrypted: cipher.encrypt(token, id),
      createdAtMs: clock.nowMs(),
    };
    await uow.run(async (tx) => {
      await store.insert(tx, client);
      const data = { clientId: id, name: client.name };
      await outbox.add(
        tx,
        createEvent(ClientCreatedV1, { id: ids.next(), time: clock.now(), subject: id, data }),
      );
    });
    return { client, token };
  }

  /** The old token dies with the commit. @throws AppError `not-found` (permanent) */
  async regenerateToken(clientId: string): Promise<ClientWithToken> {
    const { store, uow, outbox, cipher, clock, ids } = this.parts;
    const token = newToken();
    const replacement = { hash: hashToken(token), encrypted: cipher.encrypt(token, clientId) };
    const client = await uow.run(async (tx) => {
      if (!(await store.replaceToken(tx, clientId, replacement))) throw notFound('client');
      const event = { id: ids.next(), time: clock.now(), subject: clientId, data: { clientId } };
      await outbox.add(tx, createEvent(ClientTokenRegeneratedV1, event));
      return store.find(tx, clientId);
    });
    if (client === null) throw notFound('client');
    return { client, token };
  }

  /** The token in clear, with a line in the audit trail. @throws AppError `not-found` (permanent) */
  async revealToken(clientId: string, caller: Caller): Promise<ClientWithToken> {
    const { store, uow, cipher, audit } = this.parts;
    return uow.run(async (tx) => {
      const client = await store.find(tx, clientId);
      if (client === null || client.status === 'deleted') throw notFound('client');
      const token = cipher.decrypt(client.tokenEncrypted, clientId);
      await audit.record(tx, {
        type: 'audit',
        text: `${nameOf(caller)} looked at the token of ${client.name}`,
        severity: 'warning',
        clientId,
        agentId: null,
      });
      return { client, token };
    });
  }

  /** The token is dead with the commit; the rest of the tenant stays. @throws AppError `not-found` (permanent) */
  async deactivate(clientId: string): Promise<void> {
    const { store, uow } = this.parts;
    await uow.run(async (tx) => {
      if (!(await store.setStatus(tx, clientId, 'inactive'))) throw notFound('client');
    });
  }

  /** @throws AppError `not-found` (permanent) */
  async delete(clientId: string): Promise<void> {
    const { store, uow, outbox, clock, ids } = this.parts;
    await uow.run(async (tx) => {
      if (!(await store.setStatus(tx, clientId, 'deleted'))) throw notFound('client');
      const event = { id: ids.next(), time: clock.now(), subject: clientId, data: { clientId } };
      await outbox.add(tx, createEvent(ClientDeletedV1, event));
    });
  }

  override async get(clientId: string): Promise<Client> {
    const { store, uow } = this.parts;
    const client = await uow.read((tx) => store.find(tx, clientId));
    if (client === null || client.status === 'deleted') throw notFound('client');
    return client;
  }

  override async list(): Promise<readonly Client[]> {
    const { store, uow } = this.parts;
    return uow.read((tx) => store.list(tx));
  }

  override async count(): Promise<number> {
    const { store, uow } = this.parts;
    return uow.read((tx) => store.count(tx));
  }
}
