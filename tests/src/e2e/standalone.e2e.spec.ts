import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';
import { z } from 'zod';

const ENTRY = createRequire(import.meta.url).resolve('@spotopt/standalone/main');
const REPLAY = createRequire(import.meta.url).resolve('@spotopt/tests/compare-prices');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const Stats = z.object({
  agentsOnline: z.number(),
  rawPrices: z.number(),
  totalSwitches: z.number(),
  totalSavings: z.number(),
});

const Agents = z.object({ agents: z.array(z.object({ lastHeartbeatAt: z.string() })) });

class Program {
  output = '';
  errors = '';
  readonly ended: Promise<number | null>;
  private constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = new Promise((resolve) =>
      child.once('exit', (code) => {
        resolve(code);
      }),
    );
  }

  static start(entry: string, args: readonly string[]): Program {
    return new Program(spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }));
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ready(): Promise<string> {
    const line = await waitFor(
      () => {
        if (this.child.exitCode !== null) throw new Error(`ended early: ${this.errors}${this.output}`);
        return /^ready (\S+)$/m.exec(this.output);
      },
      { timeoutMs: 60_000, what: 'the ready line' },
    );
    return line[1] ?? '';
  }

  interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    return this.ended;
  }

  kill(): Promise<number | null> {
    this.child.kill('SIGKILL');
    return this.ended;
  }
}

describe('npm start', () => {
  const programs: Program[] = [];
  let data: string;

  const start = (...args: readonly string[]): Program => {
    const ports = ['--port', '0', '--aws-port', '0', '--metadata-port', '0'];
    const program = Program.start(ENTRY, [...ports, '--data', data, ...args]);
    programs.push(program);
    return program;
  };

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'spotopt-e2e-'));
  });

  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.kill()));
  });

  afterAll(async () => {
    await rm(data, { recursive: true, force: true });
  });

  const stats = async (url: string): Promise<z.infer<typeof Stats>> => {
    const response = await fetch(`${url}/api/admin/stats`);
    return Stats.parse(await response.json());
  };

  const heartbeats = async (url: string): Promise<number[]> => {
    const response = await fetch(`${url}/api/admin/agents`);
    return Agents.parse(await response.json()).agents.map(({ lastHeartbeatAt }) =>
      Date.parse(lastHeartbeatAt),
    );
  };

  it('reaches a working system, saves money by a switch, ends at Ctrl-C and keeps its history', async () => {
    const first = start('--speed', '480', '--capacity', 'none', '--fleet', '2');
    const url = await first.ready();
    const seen = await waitFor(
      async () => {
        const now = await stats(url);
        return now.agentsOnline === 2 && now.totalSwitches >= 1 && now.totalSavings !== 0 ? now : null;
      },
      { timeoutMs: 120_000, what: 'a switch with its saving', everyMs: 250 },
    );
    expect(seen.rawPrices).toBeGreaterThan(0);
    const lastHeard = Math.max(...(await heartbeats(url)));
    expect(await first.interrupt()).toBe(0);
    expect(first.output).toContain('stopped');
    expect(() => process.kill(first.pid, 0)).toThrow();

    const second = start('--speed', '480', '--capacity', 'none', '--fleet', '2');
    const secondUrl = await second.ready();
    const again = await stats(secondUrl);
    expect(again.totalSwitches).toBeGreaterThanOrEqual(seen.totalSwitches);
    // Some may have become older than what is kept.
    expect(again.rawPrices).toBeGreaterThan(0.9 * seen.rawPrices);
    // Not only remembered as online: the agents run again and say so.
    await waitFor(async () => Math.min(...(await heartbeats(secondUrl))) > lastHeard + MINUTE_MS, {
      timeoutMs: 60_000,
      what: 'heartbeats of the agents of the first run',
      everyMs: 250,
    });
    expect(await second.interrupt()).toBe(0);
  }, 240_000);

  it('stores exactly the rows of a recorded price file', async () => {
    const file = join(data, 'prices.csv');
    await writeFile(file, recordedPrices());
    const run = start(
      '--reset',
      '--prices',
      file,
      '--speed',
      '900',
      '--capacity',
      'none',
      '--fleet',
      '2',
      '--for',
      '11h',
    );
    await run.ready();
    expect(await run.ended).toBe(0);
    const comparison = Program.start(REPLAY, ['--prices', file, '--data', data]);
    programs.push(comparison);
    expect(await comparison.ended).toBe(0);
    expect(comparison.output).toMatch(/^equal +t3\.medium +3 pools/m);
    expect(comparison.output).not.toContain('DIFFER');
    // A file with one more row must be told apart.
    await writeFile(
      file,
      `${await readFile(file, 'utf8')}2026-03-01T20:00:01Z,t3.medium,us-east-1a,0.0111\n`,
    );
    const other = Program.start(REPLAY, ['--prices', file, '--data', data]);
    programs.push(other);
    expect(await other.ended).toBe(1);
    expect(other.output).toContain('1 lost');
  }, 180_000);

  it('explains a port in use, a wrong flag and other prices, without a stack trace', async () => {
    const holder: Server = createServer();
    const port = await new Promise<number>((resolve) => {
      holder.listen(0, '127.0.0.1', () => {
        const address = holder.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    try {
      for (const flag of ['--port', '--aws-port', '--metadata-port']) {
        const blocked = start('--reset', flag, String(port));
        expect(await blocked.ended).toBe(1);
        expect(blocked.errors).toContain(String(port));
        expect(blocked.errors).toMatch(/in use/);
        expect(blocked.errors).not.toMatch(/^ {4}at /m);
      }
      const wrong = start('--speed', 'fast');
      expect(await wrong.ended).not.toBe(0);
      expect(wrong.errors).toMatch(/--speed/);
      expect(wrong.errors).not.toMatch(/^ {4}at /m);
    } finally {
      holder.close();
    }
  });
});

/** Thirty-six hours of three pools; a price an hour, some of them repeated as AWS does. */
function recordedPrices(): string {
  const startMs = Date.parse('2026-03-01T00:00:00Z');
  const rows = ['timestamp,instance_type,az,spot_price'];
  for (let hour = 0; hour < 36; hour += 1) {
    for (const [index, az] of ['us-east-1a', 'us-east-1b', 'us-east-1c'].entries()) {
      const at = new Date(startMs + hour * HOUR_MS + index * 7_000).toISOString().replace('.000Z', 'Z');
      rows.push(`${at},t3.medium,${az},${(0.0125 + ((hour >> 1) % 7) * 0.0003 + index * 0.001).toFixed(4)}`);
    }
  }
  return `${rows.join('\n')}\n`;
}
