import { mysqlUrl, rabbitUrl } from '@spotopt/testkit';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { BenchContext } from '../bench.js';
import { measureAcceptance } from './acceptance.js';
import { Broker } from './broker.js';
import { Installation } from './installation.js';
import { measureLosses } from './losses.js';

/** Reports of one machine are kept in their order, one after the other: a fleet is what shows how fast pricing is. */
const MACHINES = 16;

/** Price reports from the socket of the gateway to the tables of pricing. */
export async function measureIngest(context: BenchContext): Promise<void> {
  const broker = await Broker.connect(rabbitUrl());
  const installation = await Installation.create(context.tell);
  try {
    context.uses('broker', `RabbitMQ ${broker.version}`);
    context.uses('database', await databaseVersion());
    await installation.start('replica');
    await installation.start('gateway');
    // Makes the durable queues, which stay when it ends.
    await installation.start('pricing');
    const ingest = { installation, broker, senders: await installation.register(MACHINES) };
    await installation.stop('pricing');
    await measureAcceptance(context, ingest);
    await measureLosses(context, ingest);
  } finally {
    await installation.remove();
    await broker.close();
  }
}

async function databaseVersion(): Promise<string> {
  const connection = await createConnection(mysqlUrl().replace(/\/[^/]*$/, ''));
  try {
    const [rows] = await connection.query<(RowDataPacket & { version: string })[]>(
      'SELECT VERSION() AS version',
    );
    return rows[0]?.version ?? 'unknown';
  } finally {
    await connection.end();
  }
}
