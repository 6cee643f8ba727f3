import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** The program as others start it. */
async function engine(args: readonly string[], lines: readonly unknown[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: 'pipe',
    env: { PATH: process.env['PATH'] },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (output[name] += chunk));
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(
    lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
  );
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...output, answers: output.stdout.split('\n').slice(0, -1) };
}

const INIT = {
  ...{
    type: 'init',
    protocol: 1,
    scenario: 's',
    kind: 'trace',
    start: '2026-01-01T00:00:00Z',
    dt_s: 300,
    steps: 3,
  },
  params: { switch_ready_s: 10, cold_launch_s: 180, downtime_weight: 100 },
  on_demand: { instance_type: 'm5.large', usd_h: 0.1 },
  pools: ['a', 'b'].map((zone) => ({
    ...{
      id: `us-east-1${zone}/m5.large`,
      region: 'us-east-1',
      az: `us-east-1${zone}`,
      instance_type: 'm5.large',
    },
    ...{ on_demand_usd_h: 0.1, advisor: null },
  })),
};
const obs = (k: number, more: object = {}) => ({
  ...{
    type: 'obs',
    k,
    t: 'x',
    t_s: 1767225600 + k * 300,
    price: [0.05, 0.04],
    avail: [1, 1],
    on_demand: 0.1,
  },
  ...{ primary: null, replica: null, events: [], ...more },
});
const ON_DEMAND = { primary: { pool: 'on-demand', age_s: 300 } };
const READY = { pool: 'us-east-1b/m5.large', age_s: 300, ready: true };

describe('the engine command', () => {
  it('answers every message with one line and writes nothing else there', async () => {
    const played = await engine(
      ['--engine', 'seed-rule'],
      [
        INIT,
        obs(0),
        'what?',
        obs(1, ON_DEMAND),
        obs(2, { ...ON_DEMAND, replica: READY }),
        { type: 'end', result: {} },
      ],
    );
    expect(played.answers).toEqual([
      '{"type":"ready"}',
      '{"type":"action","primary":"on-demand","replica":null}',
      '{"type":"action","primary":"on-demand","replica":"us-east-1b/m5.large"}',
      '{"type":"action","primary":"us-east-1b/m5.large","replica":null}',
    ]);
    expect(played.stderr).toBe('engine: not JSON: what?\n');
    expect(played.code).toBe(0);
  });

  it('has an engine where none is named, and lists them where the name is wrong', async () => {
    expect((await engine([], [INIT])).answers).toEqual(['{"type":"ready"}']);
    const unknown = await engine(['--engine', 'nobody'], []);
    expect(unknown).toMatchObject({ code: 64, stdout: '' });
    expect(unknown.stderr).toContain('Allowed choices are hazard');
  });
});
