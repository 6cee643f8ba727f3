import { connect } from 'amqplib';
import { fastify } from 'fastify';

/**
 * The least that can take a report safely: Fastify parses the body, the broker confirms it, the caller is answered.
 * No tokens, no checks, no other consumers.
 */
async function main(): Promise<void> {
  const { RABBITMQ_URL = '', REFERENCE_EXCHANGE = '', HTTP_PORT = '0' } = process.env;
  const connection = await connect(RABBITMQ_URL);
  const channel = await connection.createConfirmChannel();
  const server = fastify();
  server.post('/reports', (request, reply) => {
    const body = Buffer.from(JSON.stringify(request.body));
    channel.publish(REFERENCE_EXCHANGE, 'report', body, { persistent: true }, (problem: unknown) => {
      const isConfirmed = problem === null || problem === undefined;
      void reply.code(isConfirmed ? 200 : 503).send({ success: isConfirmed });
    });
    return reply;
  });
  await server.listen({ host: '127.0.0.1', port: Number(HTTP_PORT) });
  process.once('SIGTERM', () => {
    void server.close().then(() => connection.close());
  });
}

await main();
