import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databaseDialects, testDatabase } from '@spotopt/testkit';
import type { TestDatabase } from '@spotopt/testkit';
import { gatewayService } from '../index.js';
import { hashToken, newToken } from './client.js';
import type { Client } from './client.js';
import { TypeormClientStore } from './client.store.js';
import { TypeormIdempotencyStore } from './idempotency.store.js';
import { TokenCipher } from './token-cipher.js';

describe.each(databaseDialects())('stores on %s', (dialect) => {
  const clients = new TypeormClientStore();
  const requests = new TypeormIdempotencyStore();
  let test: TestDatabase;

  beforeAll(async () => {
    const { entities, migrations } = gatewayService;
    test = await testDatabase(dialect, { service: 'gateway', entities, migrations });
  });

  afterAll(async () => {
    await test.cleanUp();
  });

  function client(id: string, more: Partial<Client> = {}): Client {
    const createdAtMs = Date.parse('2026-11-21T12:00:00.123Z');
    const tokenHash = hashToken(newToken());
    return {
      id,
      name: `name of ${id}`,
      email: null,
      status: 'active',
      tokenHash,
      tokenEncrypted: 'x',
      createdAtMs,
      ...more,
    };
  }

  it('keep tenants apart by name and email, and free both with the end of one', async () => {
    const { uow } = test.database;
    const first = client('c1', { name: 'Acme', email: 'a@example.org' });
    await uow.run((tx) => clients.insert(tx, first));
    await expect(uow.run((tx) => clients.insert(tx, client('c2', { name: 'ACME' })))).rejects.toMatchObject({
      code: 'client-name-in-use',
    });
    await expect(
      uow.run((tx) => clients.insert(tx, client('c2', { email: 'A@example.org' }))),
    ).rejects.toMatchObject({ code: 'client-email-in-use' });
    expect(await uow.read((tx) => clients.find(tx, 'c1'))).toEqual(first);
    expect(await uow.read((tx) => clients.findByTokenHash(tx, first.tokenHash))).toEqual(first);
    await uow.run((tx) => clients.setStatus(tx, 'c1', 'deleted'));
    expect(await uow.run((tx) => clients.setStatus(tx, 'c1', 'active'))).toBe(false);
    expect(await uow.run((tx) => clients.replaceToken(tx, 'c1', { hash: 'h', encrypted: 'e' }))).toBe(false);
    await uow.run((tx) => clients.insert(tx, client('c3', { name: 'Acme', email: 'a@example.org' })));
    expect(await uow.read((tx) => clients.list(tx))).toMatchObject([{ id: 'c3' }]);
    expect(await uow.read((tx) => clients.count(tx))).toBe(1);
  });

  it('give a request id to one request at a time, and take over from a dead process', async () => {
    const { uow } = test.database;
    const begin = async (fingerprint: string, nowMs: number): Promise<unknown> =>
      uow.run((tx) => requests.begin(tx, 'key', fingerprint, nowMs));
    const nowMs = Date.parse('2026-11-21T12:00:00Z');
    const outcomes = await Promise.all([begin('f', nowMs), begin('f', nowMs)]);
    expect(outcomes.map((start) => (start as { outcome: string }).outcome).sort()).toEqual([
      'running',
      'started',
    ]);
    expect(await begin('other', nowMs)).toEqual({ outcome: 'other-request' });
    expect(await begin('f', nowMs + 61_000)).toEqual({ outcome: 'started' });
    await uow.run((tx) => requests.finish(tx, 'key', 201, '{"a":1}'));
    expect(await begin('f', nowMs + 200_000)).toEqual({ outcome: 'finished', status: 201, body: '{"a":1}' });
    await uow.run((tx) => requests.forget(tx, 'key'));
    expect(await begin('f', nowMs)).toMatchObject({ outcome: 'finished' });
    const { signal } = new AbortController();
    expect(await requests.deleteOld(uow, nowMs + 300_000, signal)).toBe(1);
  });
});

describe('TokenCipher', () => {
  const cipher = new TokenCipher('0123456789abcdef'.repeat(4));

  it('reads what it wrote, for the same tenant and with the same key only', () => {
    const text = cipher.encrypt('token-1', 'client-1');
    expect(text).not.toContain('token-1');
    expect(cipher.decrypt(text, 'client-1')).toBe('token-1');
    expect(cipher.encrypt('token-1', 'client-1')).not.toBe(text);
    const unreadable = expect.objectContaining({ code: 'token-unreadable' });
    expect(() => cipher.decrypt(text, 'client-2')).toThrow(unreadable);
    expect(() => new TokenCipher('f'.repeat(64)).decrypt(text, 'client-1')).toThrow(unreadable);
  });
});
