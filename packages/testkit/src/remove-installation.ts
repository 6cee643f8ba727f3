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

/** Deletes the exchanges of a prefixed installation; its queues vanish by themselves when nobody uses them. */
export async function removeExchanges(rabbitUrl: string, prefix: string): Promise<void> {
  const connection = await connect(rabbitUrl);
  try {
    const channel = await connection.createChannel();
    for (const exchange of EXCHANGES) await channel.deleteExchange(prefix + exchange);
  } finally {
    await connection.close();
  }
}
