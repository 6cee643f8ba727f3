import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, it } from '@jest/globals';
import { SystemClock, UlidIds } from '@spotopt/kernel';
import { waitFor } from '@spotopt/testkit';
import { OutboxRelay, openDatabase, selectRows } from './index.js';

/** Commits events for ever, holds every row of the outbox, and tells what it has committed. */
const WRITER = `
  import { SystemClock, UlidIds } from '${import.meta.resolve('@spotopt/kernel')}';
  import { OutboxRelay, openDatabase } from '${import.meta.resolve('./index.js')}';
  const parts = { entities: [], migrations: [], clock: new SystemClock(), ids: new UlidIds(), random: () => 0.5 };
  const database = await openDatabase({ ...parts, url: process.argv[1], service: 'killed' });
  await database.leases.acquire('job', 3_600_000);
  new OutboxRelay({ database, publish: () => new Promise(() => undefined), holdMs: 3_600_000 }).start();
  for (;;) {
    const id = database.ids.next();
    await database.uow.run((tx) => database.outbox.add(tx, { id, type: 't', subject: id }));
    console.log(id);
  }
`;

it('loses nothing that was committed on SQLite when the process is killed, and goes on at once', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spotopt-killed-'));
  const url = `sqlite:${directory}`;
  const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const committed: string[] = [];
  const lines = createInterface({ input: writer.stdout });
  lines.on('line', (line) => committed.push(line));
  await waitFor(() => committed.length > 500, { what: 'commits', timeoutMs: 20_000 });
  const closed = new Promise((resolve) => writer.once('close', resolve));
  writer.kill('SIGKILL');
  await closed;

  const database = await openDatabase({
    url,
    service: 'killed',
    entities: [],
    migrations: [],
    clock: new SystemClock(),
    ids: new UlidIds(),
    random: () => 0.5,
  });
  const rows = await database.uow.read((tx) =>
    selectRows<{ id: string }>(tx, 'SELECT event_id AS id FROM outbox'),
  );
  const found = new Set(rows.map((row) => row.id));
  expect(committed.filter((id) => !found.has(id))).toEqual([]);
  expect((await database.leases.acquire('job', 1_000))?.epoch).toBe(2);
  const published = new Set<string>();
  const relay = new OutboxRelay({
    database,
    publish: (message) => Promise.resolve(void published.add(message.id)),
  }).start();
  await waitFor(() => published.size === found.size, { what: 'the events of the killed process' });
  await relay.stop();
  await database.close();
  await rm(directory, { recursive: true });
});
