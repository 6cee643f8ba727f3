import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { configProblems, loadConfig, loadConfigs } from './config.js';
import type { Environment } from './config.js';
import { describeSettings } from './describe-settings.js';
import { clockFrom, platformConfig } from './platform-config.js';
import { setting } from './settings.js';

const schema = z.object({
  pollIntervalMs: setting.integer('Time between two polls.', { min: 10, max: 1000 }).default(250),
  riskLimit: setting.number('Highest risk.', { min: 0, max: 1 }).default(0.3),
  dryRun: setting.flag('Change nothing.').default(false),
  mode: setting.oneOf('What it may do.', ['observe', 'act']).default('observe'),
  brokerUrl: setting.url('Broker.', ['amqp'], 'amqp://host'),
  apiKey: setting.secret('Key.').refine((key) => key.length >= 8),
  region: setting.text('Region.').optional(),
});

const GOOD: Environment = { BROKER_URL: 'amqp://u:p@host', API_KEY: 'long-enough' };

function problemsWith(env: Environment): readonly { name: string; value: string | null }[] {
  try {
    loadConfig(schema, { ...GOOD, ...env });
  } catch (error) {
    return configProblems(error)?.map(({ name, value }) => ({ name, value })) ?? [];
  }
  return [];
}

function messageWith(env: Environment): string {
  try {
    loadConfig(schema, env);
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('loadConfig', () => {
  test('reads every kind of setting from its variable', () => {
    const env = {
      ...GOOD,
      POLL_INTERVAL_MS: ' 500 ',
      RISK_LIMIT: '0.5',
      DRY_RUN: 'yes',
      MODE: 'act',
      REGION: 'eu-west-1',
    };
    expect(loadConfig(schema, env)).toEqual({
      pollIntervalMs: 500,
      riskLimit: 0.5,
      dryRun: true,
      mode: 'act',
      brokerUrl: 'amqp://u:p@host',
      apiKey: 'long-enough',
      region: 'eu-west-1',
    });
  });

  test('an empty variable counts as absent', () => {
    const config = loadConfig(schema, { ...GOOD, POLL_INTERVAL_MS: '', REGION: '  ' });
    expect(config.pollIntervalMs).toBe(250);
    expect(config.region).toBeUndefined();
  });

  test('nobody can change what was read', () => {
    expect(Object.isFrozen(loadConfig(schema, GOOD))).toBe(true);
  });

  test('names all problems at once, with what is there and what is expected', () => {
    const message = messageWith({ POLL_INTERVAL_MS: '5', DRY_RUN: 'maybe', MODE: 'panic', API_KEY: 'short' });
    expect(message).toBe(
      [
        'The configuration cannot be used (5 problems):',
        '  POLL_INTERVAL_MS is "5"; expected a whole number from 10 to 1000',
        '  DRY_RUN is "maybe"; expected true or false',
        '  MODE is "panic"; expected one of observe, act',
        '  BROKER_URL is not set; expected a URL like amqp://host',
        '  API_KEY is "(hidden)"; expected a secret',
      ].join('\n'),
    );
  });

  test.each([['1.5'], ['abc'], ['1e99'], ['0x10000']])('%s is not a whole number in range', (text) => {
    expect(problemsWith({ POLL_INTERVAL_MS: text })).toEqual([{ name: 'POLL_INTERVAL_MS', value: text }]);
  });

  test('a wrong URL is shown without its credentials', () => {
    expect(problemsWith({ BROKER_URL: 'http://user:pass@host/x' })).toEqual([
      { name: 'BROKER_URL', value: 'http://[redacted]@host/x' },
    ]);
  });

  test('what is no URL at all may be a password: it is hidden', () => {
    expect(problemsWith({ BROKER_URL: 'user:pass@host' })).toEqual([
      { name: 'BROKER_URL', value: '(hidden)' },
    ]);
  });
});

describe('secrets in files', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'settings-'));
    writeFileSync(join(folder, 'key'), 'key-from-a-file\n');
    writeFileSync(join(folder, 'short'), 'short\n');
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const withFile = (name: string): Environment => ({ API_KEY: undefined, API_KEY_FILE: join(folder, name) });

  test('are read without their last newline', () => {
    expect(loadConfig(schema, { ...GOOD, ...withFile('key') }).apiKey).toBe('key-from-a-file');
  });

  test('are hidden when they are wrong', () => {
    expect(problemsWith(withFile('short'))).toEqual([{ name: 'API_KEY', value: '(hidden)' }]);
  });

  test('a file that cannot be read is one problem, of the file', () => {
    expect(problemsWith(withFile('missing'))).toEqual([
      { name: 'API_KEY_FILE', value: join(folder, 'missing') },
    ]);
  });

  test('the variable and the file together are refused', () => {
    expect(problemsWith({ ...withFile('key'), API_KEY: 'long-enough' }).map(({ name }) => name)).toEqual([
      'API_KEY_FILE',
    ]);
  });

  test('only secrets may come from files', () => {
    expect(problemsWith({ POLL_INTERVAL_MS: '5', POLL_INTERVAL_MS_FILE: join(folder, 'key') })).toHaveLength(
      1,
    );
  });
});

describe('loadConfigs', () => {
  test('joins the problems of both groups', () => {
    const load = (): unknown => loadConfigs(schema, platformConfig, {});
    expect(load).toThrow(/BROKER_URL[^]*API_KEY[^]*DATABASE_URL[^]*RABBITMQ_URL/);
  });
});

describe('describeSettings', () => {
  test('says what is required, optional and preset', () => {
    const described = describeSettings(schema).map(({ name, required, defaultText }) => ({
      name,
      required,
      defaultText,
    }));
    expect(described).toContainEqual({ name: 'BROKER_URL', required: true, defaultText: undefined });
    expect(described).toContainEqual({ name: 'REGION', required: false, defaultText: undefined });
    expect(described).toContainEqual({ name: 'POLL_INTERVAL_MS', required: false, defaultText: '250' });
  });

  test('every setting of the platform is described', () => {
    for (const described of describeSettings(platformConfig)) {
      expect(described.description).not.toBe('');
      expect(described.expected).not.toBe('');
    }
  });
});

describe('clockFrom', () => {
  const config = (env: Environment) =>
    loadConfig(platformConfig, { DATABASE_URL: 'sqlite:/x', RABBITMQ_URL: 'amqp://h', ...env });

  test('is real time without a start', () => {
    const beforeMs = Date.now();
    expect(clockFrom(config({})).nowMs()).toBeGreaterThanOrEqual(beforeMs);
  });

  test('processes with the same settings agree on simulated time', () => {
    const realStartMs = Date.now() - 1_000;
    const settings = config({
      SPOTOPT_CLOCK_START: '2026-01-01T00:00:00Z',
      SPOTOPT_CLOCK_REAL_START: String(realStartMs),
      SPOTOPT_CLOCK_SPEED: '3600',
    });
    const [one, other] = [clockFrom(settings).nowMs(), clockFrom(settings).nowMs()];
    expect(one).toBeGreaterThanOrEqual(Date.parse('2026-01-01T01:00:00Z'));
    expect(other - one).toBeLessThan(3_600_000);
  });
});
