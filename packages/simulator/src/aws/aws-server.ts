import { isAppError, toAppError, type AppError } from '@spotopt/kernel';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { spotAdvisorData } from '../advisor/advisor-data.js';
import { registerControlRoutes } from '../control/control-routes.js';
import { answerQuery, queryErrorBody } from '../ec2/ec2-endpoint.js';
import { answerPriceList } from '../price-list/price-list-actions.js';
import { uuidOf } from '../region/notice-events.js';
import type { SimulatedRegion } from '../region/simulated-region.js';
import { answerSqs } from '../sqs/queue-actions.js';
import { STS_VERSION } from '../sts/get-caller-identity.js';
import { DROP_CONNECTION, httpStatusOf } from './aws-error.js';
import { QueryReader } from './query-reader.js';

const LARGEST_BODY_BYTES = 4 * 1024 * 1024;
const SQS_TARGET = 'AmazonSQS.';
const PRICE_LIST_TARGET = 'AWSPriceListService.';
const AMZ_JSON = 'application/x-amz-json-1.0';
const AMZ_JSON_1_1 = 'application/x-amz-json-1.1';
const SPOT_ADVISOR_PATH = '/spot-advisor-data.json';

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

async function handlePriceList(
  region: SimulatedRegion,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const operation = String(request.headers['x-amz-target']).slice(PRICE_LIST_TARGET.length);
  reply.header('content-type', AMZ_JSON_1_1);
  try {
    const answer = answerPriceList(operation, JSON.parse(textOf(request.body) || '{}'), region);
    await reply.send(JSON.stringify(answer));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === DROP_CONNECTION) drop(request, reply);
    else
      await reply
        .code(httpStatusOf(error))
        .send(JSON.stringify({ __type: `com.amazonaws.pricing#${error.code}`, message: error.message }));
  }
}

/** A plain file of S3, which anybody may read. */
async function handleAdvisor(
  region: SimulatedRegion,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  try {
    await reply.header('content-type', 'application/json').send(JSON.stringify(spotAdvisorData(region)));
  } catch (thrown) {
    const error = toAppError(thrown);
    if (error.code === DROP_CONNECTION) drop(request, reply);
    else await reply.code(httpStatusOf(error)).header('content-type', 'text/plain').send(error.code);
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
 * The endpoint for EC2, STS, SQS and the Price List at once, told apart as AWS does: SQS and the Price List by
 * their target header, the others by `Action`. The file of the Spot Advisor is there too. Signatures are not
 * verified.
 */
export function createAwsServer(region: SimulatedRegion): FastifyInstance {
  const server = fastify({ bodyLimit: LARGEST_BODY_BYTES, forceCloseConnections: true });
  server.addContentTypeParser(
    ['application/x-www-form-urlencoded', AMZ_JSON, AMZ_JSON_1_1],
    { parseAs: 'string' },
    (_request, body, done) => done(null, body),
  );
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.startsWith(SQS_TARGET)) await handleSqs(region, request, reply);
    else if (target.startsWith(PRICE_LIST_TARGET)) await handlePriceList(region, request, reply);
    else await handleQuery(region, textOf(request.body), { request, reply });
  };
  server.post('/', handle);
  server.post('/:account/:queue', handle);
  server.get('/', async (request, reply) => {
    await handleQuery(region, request.url.split('?')[1] ?? '', { request, reply });
  });
  server.get(SPOT_ADVISOR_PATH, (request, reply) => handleAdvisor(region, request, reply));
  registerControlRoutes(server, region);
  return server;
}
