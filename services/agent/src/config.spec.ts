import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';

const GOOD = {
  SPOT_OPTIMIZER_SERVER_URL: 'https://spot.example.com',
  SPOT_OPTIMIZER_CLIENT_TOKEN: 'secret-token',
};

describe('readConfig', () => {
  it('has the intervals of version 4 as defaults', () => {
    const result = readConfig(GOOD);
    expect(result).toMatchObject({
      ok: true,
      config: {
        HEARTBEAT_INTERVAL: 30_000,
        PENDING_COMMANDS_CHECK_INTERVAL: 15_000,
        CONFIG_REFRESH_INTERVAL: 60_000,
        PRICING_REPORT_INTERVAL: 300_000,
        TERMINATION_CHECK_INTERVAL: 5_000,
      },
    });
  });

  it('knows the older names and takes empty for absent', () => {
    const env = {
      CENTRAL_SERVER_URL: 'http://10.0.0.1:8080',
      CLIENT_TOKEN: 't',
      LOGICAL_AGENT_ID: '',
      LOG_LEVEL: '',
    };
    expect(readConfig(env)).toMatchObject({
      ok: true,
      config: { SPOT_OPTIMIZER_SERVER_URL: 'http://10.0.0.1:8080', LOG_LEVEL: 'info' },
    });
  });

  it('names every problem at once and no secret', () => {
    const result = readConfig({
      SPOT_OPTIMIZER_SERVER_URL: 'nowhere',
      SPOT_OPTIMIZER_CLIENT_TOKEN: '',
      HEARTBEAT_INTERVAL: '-1',
      SPOTOPT_AMQP_URL: 'http://user:secret@broker',
    });
    if (result.ok) throw new Error('expected problems');
    expect(result.problems).toHaveLength(4);
    expect(result.problems.join('\n')).toMatch(/SERVER_URL[^]*CLIENT_TOKEN[^]*HEARTBEAT_INTERVAL|HEARTBEAT/);
    expect(result.problems.join('\n')).not.toContain('secret');
  });
});
