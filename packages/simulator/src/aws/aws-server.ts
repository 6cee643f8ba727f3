import { isAppError, toAppError, type AppError } from '@spotopt/kernel';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { registerControlRoutes } from '../control/control-routes.js';
import { answerQuery, queryErrorBody } from '../ec2/ec2-endpoint.js';
import { uuidOf } from '../region/notice-events.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { answerSqs } from '../sqs/queue-actions.js';
import { STS_VERSION } from '../sts/get-caller-identity.js';
import { DROP_CONNECTION, httpStatusOf } from './aws-error.js';
import { QueryReader } from './query-reader.js';

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
const SQS_TARGET = 'AmazonSQS.';
const AMZ_JSON = 'application/x-amz-json-1.0';

/** Names that the JSON protocol of SQS has for an error, and those that older clients read from a header. */
const SQS_QUERY_CODES: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
};

function drop(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  request.raw.socket.destroy();
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : '';
}

async function sendSqsError(reply: FastifyReply, error: AppError): Promise<void> {
  const status = httpStatusOf(error);
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  await reply
    .code(status)
    .header('content-type', AMZ_JSON)
    .header('x-amzn-query-error', `${SQS_QUERY_CODES[error.code] ?? error.code};${fault}`)
    .send(JSON.stringify({ __type: `com.amazonaws.sqs#${error.code}`, message: error.message }));
}

async function handleSqs(
  region: SimulatedRegion,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const operation = String(request.headers['x-amz-target']).slice(SQS_TARGET.length);
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  request.raw.socket.once('close', abort);
  const call = { region, origin: `http://${request.headers.host ?? request.hostname}`, signal: gone.signal };
  try {
    const answer = await answerSqs(operation, JSON.parse(textOf(request.body) || '{}'), call);
    await reply.header('content-type', AMZ_JSON).send(JSON.stringify(answer));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === DROP_CONNECTION) drop(request, reply);
    else await sendSqsError(reply, error);
  } finally {
    request.raw.socket.off('close', abort);
  }
}

async function handleQuery(
  region: SimulatedRegion,
  form: string,
  exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<void> {
  const { request, reply } = exchange;
  const query = QueryReader.parse(form);
  reply.header('content-type', 'text/xml;charset=UTF-8');
  try {
    await reply.send(answerQuery(query, region));
  } catch (thrown) {
    const error = isAppError(thrown) ? thrown : toAppError(thrown);
    if (error.code === DROP_CONNECTION) {
      drop(request, reply);
      return;
    }
    const call = { requestId: uuidOf(region.ids.next()), isSts: query.text('Version') === STS_VERSION };
    await reply.code(httpStatusOf(error)).send(queryErrorBody(error.code, error.message, call));
  }
}

/**
 * The endpoint for EC2, STS and SQS at once, told apart as AWS does: SQS by its target header, the others by
 * `Action`. Signatures are not verified.
 */
export function createAwsServer(region: SimulatedRegion): FastifyInstance {
  const server = fastify({ bodyLimit: LARGEST_BODY_BYTES, forceCloseConnections: true });
  server.addContentTypeParser(
    ['application/x-www-form-urlencoded', AMZ_JSON],
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const target = request.headers['x-amz-target'];
    if (typeof target === 'string' && target.startsWith(SQS_TARGET)) await handleSqs(region, request, reply);
    else await handleQuery(region, textOf(request.body), { request, reply });
  };
  server.post('/', handle);
  server.post('/:account/:queue', handle);
  server.get('/', async (request, reply) => {
    await handleQuery(region, request.url.split('?')[1] ?? '', { request, reply });
  });
  registerControlRoutes(server, region);
  return server;
}
