import { Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { currentCorrelationId, withCorrelation } from './correlation.js';
import { NestLogger, createLogger, silentLogger } from './logging.js';
import type { LogLevel, Logger } from './logging.js';

function captured(level: LogLevel = 'debug'): {
  logger: Logger;
  lines: () => Record<string, unknown>[];
  text: () => string;
} {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8');
      done();
    },
  });
  const parse = (line: string): Record<string, unknown> => JSON.parse(line) as Record<string, unknown>;
  return {
    logger: createLogger({ service: 'pricing', level, destination }),
    lines: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map(parse),
    text: () => text,
  };
}

describe('a log line', () => {
  test('is one JSON object with time, level, service and fields', () => {
    const { logger, lines } = captured();
    logger.info({ poolId: 't3.medium.us-east-1a' }, 'price changed');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'pricing',
        poolId: 't3.medium.us-east-1a',
        message: 'price changed',
      },
    ]);
  });

  test('is written from its level on', () => {
    const { logger, lines } = captured('warn');
    logger.debug({}, 'a');
    logger.info({}, 'b');
    logger.warn({}, 'c');
    logger.error({}, 'd');
    expect(lines().map(({ message }) => message)).toEqual(['c', 'd']);
  });

  test('of a child has the fields of both', () => {
    const { logger, lines } = captured();
    logger.child({ job: 'prune', token: 'abc' }).info({ rows: 3 }, 'done');
    expect(lines()).toMatchObject([{ job: 'prune', token: '[redacted]', rows: 3 }]);
  });

  test('has every name once, the innermost value of it', () => {
    const { logger, text } = captured();
    logger.child({ service: 'gateway', job: 'a' }).info({ job: 'b' }, 'x');
    expect(text()).toContain('"service":"gateway","job":"b"');
    expect(text().match(/"service"/g)).toHaveLength(1);
  });

  test.each(['password', 'apiKey', 'api_key', 'authorization', 'clientToken', 'cookie', 'secretAccessKey'])(
    'never shows a %s, however deep',
    (name) => {
      const { logger, text } = captured();
      logger.info({ request: { headers: [{ [name]: 'hunter2' }] } }, 'request');
      expect(text()).not.toContain('hunter2');
      expect(text()).toContain(name);
    },
  );

  test('hides the credentials of a URL, in fields and in errors', () => {
    const { logger, text } = captured();
    logger.error(
      { url: 'amqp://user:hunter2@host/', error: new Error('no mysql://root:hunter2@db') },
      'failed',
    );
    expect(text()).not.toContain('hunter2');
    expect(text()).toContain('amqp://[redacted]@host/');
  });

  test('hides a password with an @ in it', () => {
    const { logger, text } = captured();
    logger.info({ url: 'redis://:hunter@2@host:6379/0' }, 'connected');
    expect(text()).toContain('"redis://[redacted]@host:6379/0"');
  });

  test('spells out an error with its code, details and cause', () => {
    const { logger, lines } = captured();
    const cause = Object.assign(new Error('connect ECONNREFUSED'), { syscall: 'connect' });
    logger.warn(
      { error: AppError.transient('broker-unavailable', 'no broker', { details: { host: 'h' }, cause }) },
      'x',
    );
    expect(lines()[0]?.['error']).toEqual({
      name: 'AppError',
      message: 'no broker',
      code: 'broker-unavailable',
      kind: 'transient',
      details: { host: 'h' },
      cause: { name: 'Error', message: 'connect ECONNREFUSED' },
    });
  });

  test('has the stack of a bug, but not of what somebody expected', () => {
    const { logger, lines } = captured();
    const error = new TypeError('x is undefined');
    logger.error({ error }, 'bug');
    logger.warn({ error }, 'tries again');
    expect(lines()[0]?.['error']).toMatchObject({ stack: expect.stringContaining('logging.spec') });
    expect(lines()[1]?.['error']).toEqual({ name: 'TypeError', message: 'x is undefined' });
  });

  test('survives a value that refers to itself', () => {
    const { logger, lines } = captured();
    const loop: Record<string, unknown> = {};
    loop['self'] = loop;
    logger.info({ loop }, 'round');
    expect(lines()).toHaveLength(1);
  });
});

describe('the correlation id', () => {
  test('is in every line of its work, over awaits, and of no other', async () => {
    const { logger, lines } = captured();
    const work = (id: string): Promise<void> =>
      withCorrelation(id, async () => {
        await nextTurn();
        logger.info({ id }, 'inside');
      });
    await Promise.all([work('one'), work('two')]);
    logger.info({}, 'outside');
    const [first, second, outside] = lines();
    expect(first).toMatchObject({ id: 'one', correlationId: 'one' });
    expect(second).toMatchObject({ id: 'two', correlationId: 'two' });
    expect(outside).not.toHaveProperty('correlationId');
    expect(currentCorrelationId()).toBeUndefined();
  });
});

describe('NestLogger', () => {
  test('keeps the start-up chatter at debug and passes errors on', () => {
    const { logger, lines } = captured();
    const nest = new NestLogger(logger);
    nest.log('Nest application successfully started', 'NestApplication');
    nest.warn({ odd: 1 }, 'Router');
    nest.error(new Error('broken'), undefined, 'Injector');
    nest.fatal('gone');
    expect(lines().map(({ level, message }) => [level, message])).toEqual([
      ['debug', 'Nest application successfully started'],
      ['warn', '{"odd":1}'],
      ['error', 'broken'],
      ['error', 'gone'],
    ]);
  });
});

test('a silent logger accepts everything', () => {
  const logger = silentLogger().child({ a: 1 });
  for (const level of ['debug', 'info', 'warn', 'error'] as const) logger[level]({}, 'x');
  expect(logger).toBeDefined();
});
