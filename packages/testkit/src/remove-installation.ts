import { connect } from 'amqplib';
import { createConnection } from 'mysql2/promise';

const EXCHANGES = ['spotopt.events', 'spotopt.commands', 'spotopt.rpc', 'spotopt.dead'];

/** Deletes schemas that a test installation made; of no effect for those that are not there. */
export async function dropSchemas(mysqlUrl: string, schemas: readonly string[]): Promise<void> {
  const url = new URL(mysqlUrl);
  const connection = await createConnection({
    host: url.hostname,
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username || 'root'),
    password: decodeURIComponent(url.password),
  });
  try {
    for (const schema of schemas) await connection.query(`DROP DATABASE IF EXISTS \`${schema}\``);
  } finally {
    await connection.end();
  }
}

/**
 * Deletes what a prefixed installation made on the broker, one thing after the other: many quorum queues that
 * end at the same time hold the whole broker up.
 */
export async function removeTopology(
  rabbitUrl: string,
  prefix: string,
  queues: readonly string[],
): Promise<void> {
  const connection = await connect(rabbitUrl);
  try {
    const channel = await connection.createChannel();
    for (const queue of queues) {
      await channel.deleteQueue(prefix + queue);
      await channel.deleteQueue(`${prefix}${queue}.dead`);
    }
    for (const exchange of EXCHANGES) await channel.deleteExchange(prefix + exchange);
  } finally {
    await connection.close();
  }
}
