import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BacktestItem, BacktestReport } from '@spotopt/contracts/http';
import { waitFor } from '@spotopt/testkit';
import { type BacktestOptions, backtestCommand } from './options.js';
import { Progress } from './progress.js';
import { reportText } from './report-table.js';
import { runBacktestCommand } from './run.js';

/** Two pools for three days: the dearer one falls below the other on the second. */
const ROWS = [
  'timestamp,instance_type,az,spot_price',
  '2026-01-01T00:00:00Z,m5.large,us-east-1a,0.04',
  '2026-01-01T00:00:00Z,m5.large,us-east-1b,0.06',
  '2026-01-02T00:00:00Z,m5.large,us-east-1b,0.01',
  '2026-01-04T00:00:00Z,m5.large,us-east-1a,0.04',
].join('\n');

let folder: string;
let cleanUps: (() => Promise<unknown>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spotopt-cli-'));
  cleanUps = [() => rm(folder, { recursive: true })];
});

afterEach(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** Plays a command line; answers what was printed, and what stood on the terminal meanwhile. */
async function run(args: readonly string[], signal = new AbortController().signal) {
  let printed = '';
  let shown = '';
  const command = backtestCommand(
    (options) =>
      runBacktestCommand(options, {
        directory: folder,
        print: (text) => (printed += text),
        progress: { write: (text: string) => (shown += text) },
        signal,
      }),
    undefined,
  ).exitOverride();
  await command.parseAsync([...args], { from: 'user' });
  return { printed, shown };
}

describe('a price file', () => {
  const file = async (name: string, content: string | Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return name;
  };

  it('is played here, with a table, the best first, and a picture', async () => {
    const prices = await file('prices.csv', ROWS);
    const engines = ['--engine', 'seed-rule', '--engine', 'greedy', '--engine', 'on-demand'];
    const { printed, shown } = await run(['--prices', prices, ...engines, '--chart', 'out.svg']);
    const lines = printed.split('\n');
    expect(lines[0]).toBe(
      '2 pools, 2026-01-01 00:00 to 2026-01-04 00:00 (3.0 days, every 300 s, imported prices); on-demand: $0.096/h, $6.91 in all',
    );
    const names = lines.slice(3, 7).map((line) => line.split(/ +/).slice(0, 2).join(' '));
    expect(names.toSorted()).toEqual([
      'greedy challenger',
      'on-demand challenger',
      'optimum optimum',
      'seed-rule live',
    ]);
    expect(names.at(-1)).toBe('on-demand challenger');
    expect(printed).toContain('Note: on-demand prices are those of a list of 2023-01-06.');
    expect(shown).toContain(`chart: ${join(folder, 'out.svg')}`);
    expect(await readFile(join(folder, 'out.svg'), 'utf8')).toMatch(/^<svg .*m5\.large, 2 pools/);
  });

  it('is printed also where the picture cannot be written', async () => {
    const prices = await file('prices.csv', ROWS);
    let printed = '';
    const command = backtestCommand(
      (options) =>
        runBacktestCommand(options, {
          ...{ directory: folder, progress: { write: () => true }, signal: new AbortController().signal },
          print: (text) => (printed += text),
        }),
      undefined,
    );
    const args = ['--prices', prices, '--engine', 'greedy', '--chart', 'nowhere/out.svg'];
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(
      'The chart could not be written',
    );
    expect(printed).toContain('greedy');
  });

  it('is one JSON object where that is wanted; packed files are unpacked', async () => {
    const prices = await file('prices.csv.gz', gzipSync(ROWS));
    const { printed } = await run(['--prices', prices, '--engine', 'greedy', '--days', '1', '--json']);
    const report = JSON.parse(printed) as BacktestReport;
    expect(report).toMatchObject({ source: 'imported', steps: 288, from: '2026-01-03T00:00:00.000Z' });
    expect(report.table.map(({ engine }) => engine)).toEqual(['greedy', 'optimum']);
  });

  it.each([
    [
      'an engine that there is not',
      ['--engine', 'hazrd'],
      'There is no engine hazrd.\nEngines: hazard, seed-rule',
    ],
    ['a type that it does not have', ['--instance-type', 'c5.large'], 'there are some of m5.large'],
    ['a pool without a known price', ['--prices', 'unknown.csv'], '--on-demand-usd-per-hour'],
    [
      'more than one type',
      ['--prices', 'two.csv'],
      'has prices of c5.large, m5.large: choose one with --instance-type',
    ],
    ['a file that is not there', ['--prices', 'nowhere.csv'], 'cannot be read: ENOENT'],
    ['a file of something else', ['--prices', 'odd.csv'], 'the first line must name the columns'],
  ])('is refused with what to do: %s', async (_name, args, problem) => {
    await file('prices.csv', ROWS);
    await file('two.csv', `${ROWS}\n2026-01-01T00:00:00Z,c5.large,us-east-1a,0.03`);
    await file('unknown.csv', ROWS.replaceAll('m5.large', 'x9.huge'));
    await file('odd.csv', 'hello\nworld');
    await expect(run(['--prices', 'prices.csv', ...args])).rejects.toThrow(problem);
  });

  it('is let go at once when the user wants to end', async () => {
    const long = Array.from({ length: 30 }, (_, day) => {
      const at = new Date(Date.UTC(2026, 0, 1 + day * 6)).toISOString();
      return `${at},m5.large,us-east-1a,0.0${String((day % 8) + 1)}`;
    });
    const prices = await file('long.csv', ['timestamp,instance_type,az,spot_price', ...long].join('\n'));
    await expect(
      run(['--prices', prices, '--engine', 'seed-rule'], AbortSignal.abort()),
    ).rejects.toMatchObject({
      message: 'The backtest was cancelled.',
      exitCode: 130,
    });
  });
});

describe('a server', () => {
  const ITEM: BacktestItem = {
    ...{ id: 'backtest-1', state: 'queued', progress: 0, engines: ['greedy'], region: null },
    ...{ instance_type: 'm5.large', imported: false, created_at: '', started_at: null, finished_at: null },
    message: null,
  };

  interface Asked {
    readonly line: string;
    readonly token: string | undefined;
    readonly body: string;
  }

  /** Answers by `METHOD /path`; a list is worked off, its last answer stays. */
  async function serve(
    answers: Record<string, (readonly [number, unknown])[]>,
  ): Promise<{ url: string; asked: Asked[] }> {
    const asked: Asked[] = [];
    const server: HttpServer = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
        const line = `${request.method ?? ''} ${request.url ?? ''}`;
        const body = Buffer.concat(chunks).toString('utf8');
        asked.push({ line, token: request.headers.authorization, body });
        const left = answers[line] ?? [[404, { error: 'nothing here' }]];
        const [status, answer] = (left.length > 1 ? left.shift() : left[0]) ?? [500, {}];
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => new Promise((resolve) => server.close(resolve)));
    return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked };
  }

  async function reportOf(): Promise<BacktestReport> {
    await writeFile(join(folder, 'prices.csv'), ROWS);
    const { printed } = await run(['--prices', 'prices.csv', '--engine', 'greedy', '--json']);
    return JSON.parse(printed) as BacktestReport;
  }

  const ARGS = ['--engine', 'greedy', '--instance-type', 'm5.large'];
  const PATH = 'GET /api/backtests/backtest-1';
  const refusal = (status: number, error: string) =>
    [status, { error, type: 'urn:x', title: 'x', status, detail: error, code: 'x' }] as const;

  it('plays on what it has stored, and is followed to the end', async () => {
    const report = await reportOf();
    const { url, asked } = await serve({
      'POST /api/backtests': [[202, ITEM]],
      [PATH]: [
        [200, { ...ITEM, result: null }],
        [200, { ...ITEM, state: 'running', progress: 0.55, result: null }],
        [200, { ...ITEM, state: 'completed', progress: 1, result: report }],
      ],
      [`${PATH}/chart.svg`]: [[200, '<svg/>']],
    });
    const more = [
      '--region',
      'us-east-1',
      '--days',
      '90',
      '--downtime-usd-per-minute',
      '0.5',
      '--token',
      'secret',
    ];
    const { printed, shown } = await run([...ARGS, ...more, '--url', url, '--chart', 'c.svg']);
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual({
      ...{ engines: ['greedy'], instance_type: 'm5.large', region: 'us-east-1', days: 90 },
      ...{ downtime_usd_per_minute: 0.5, step_seconds: 300 },
    });
    expect(asked.map(({ token }) => token)).toEqual(asked.map(() => 'Bearer secret'));
    expect(shown).toContain('0 % waiting for its turn\n55 % played\n');
    expect(printed).toBe(reportText(report));
    expect(await readFile(join(folder, 'c.svg'), 'utf8')).toBe('<svg/>');
  });

  it('plays a file where it is named besides one', async () => {
    const report = await reportOf();
    const query = 'engines=greedy&instance_type=m5.large&step_seconds=300';
    const { url, asked } = await serve({
      [`POST /api/backtests/import?${query}`]: [[202, ITEM]],
      [PATH]: [[200, { ...ITEM, state: 'completed', progress: 1, result: report }]],
    });
    await run([...ARGS, '--prices', 'prices.csv', '--url', url, '--json']);
    expect(asked[0]?.body).toBe(ROWS);
  });

  it('is told to stop when the user ends the command', async () => {
    const user = new AbortController();
    const { url, asked } = await serve({
      'POST /api/backtests': [[202, ITEM]],
      [PATH]: [[200, { ...ITEM, state: 'running', result: null }]],
      'DELETE /api/backtests/backtest-1': [[200, { ...ITEM, state: 'cancelled' }]],
    });
    const running = run([...ARGS, '--url', url], user.signal);
    await waitFor(() => asked[1], { what: 'the backtest to be followed' });
    user.abort();
    await expect(running).rejects.toMatchObject({ exitCode: 130 });
    expect(asked.at(-1)?.line).toBe('DELETE /api/backtests/backtest-1');
  });

  it.each([
    [
      'refuses what was asked for',
      [refusal(400, 'engines: there is no engine x; there are: a, b')],
      'there are: a, b',
      64,
    ],
    ['wants a token', [refusal(401, 'unauthorized')], 'SPOTOPT_TOKEN', 1],
    ['is something else', [[200, '<html>']] as [number, string][], 'not a server of Spot Optimizer', 1],
    ['answers something else', [[200, { id: 7 }]] as [number, object][], 'not a server of Spot Optimizer', 1],
    [
      'is something else that refuses',
      [[502, '<html>']] as [number, string][],
      'not a server of Spot Optimizer',
      1,
    ],
  ])('that %s is explained', async (_name, answer, problem, exitCode) => {
    const { url } = await serve({ 'POST /api/backtests': [...answer] });
    const failed = run([...ARGS, '--url', url]);
    await expect(failed).rejects.toMatchObject({
      message: expect.stringContaining(problem),
      exitCode,
    });
  });

  it('is not asked with a token that no header can hold', async () => {
    const failed = run([...ARGS, '--url', 'http://127.0.0.1:1', '--token', 'secret…']);
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('token'), exitCode: 64 });
  });

  it('that failed the backtest says why', async () => {
    const { url } = await serve({
      'POST /api/backtests': [[202, ITEM]],
      [PATH]: [[200, { ...ITEM, state: 'failed', message: 'no prices of m5.large', result: null }]],
    });
    await expect(run([...ARGS, '--url', url])).rejects.toThrow('The backtest failed: no prices of m5.large');
  });

  it('that is not there is said so, with what to do', async () => {
    const { url } = await serve({});
    for (const cleanUp of cleanUps.splice(1)) await cleanUp();
    const failed = run([...ARGS, '--url', url]);
    await expect(failed).rejects.toMatchObject({ exitCode: 69 });
    await expect(failed).rejects.toThrow(
      /does not answer \(.*ECONNREFUSED.*\)\.\nStart one with: npm start/s,
    );
    await expect(run(['--engine', 'greedy', '--url', url])).rejects.toThrow('--instance-type m5.large');
    await expect(run([...ARGS, '--url', 'nowhere'])).rejects.toThrow('not a URL');
  });
});

describe('the command line', () => {
  const parsed = async (args: readonly string[], token?: string): Promise<BacktestOptions | null> => {
    let options: BacktestOptions | null = null;
    const command = backtestCommand(async (given) => {
      options = given;
      return Promise.resolve();
    }, token)
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    await command.parseAsync([...args], { from: 'user' });
    return options;
  };

  it('plays here only with a file and without a server', async () => {
    expect(await parsed([])).toMatchObject({
      isRemote: true,
      url: 'http://127.0.0.1:8080',
      engine: ['hazard'],
    });
    expect(await parsed(['--prices', 'x'])).toMatchObject({ isRemote: false });
    expect(await parsed(['--prices', 'x', '--url', 'http://127.0.0.1:8080'])).toMatchObject({
      isRemote: true,
    });
  });

  it('takes times as UTC, each engine once, and the token of the environment unless one is given', async () => {
    const given = [
      '--from',
      '2026-01-01',
      '--to',
      '2026-02-01 06:00',
      '--engine',
      'a',
      '--engine',
      'b',
      '--engine',
      'a',
    ];
    expect(await parsed(given, 'from-environment')).toMatchObject({
      from: '2026-01-01T00:00:00.000Z',
      to: '2026-02-01T06:00:00.000Z',
      engine: ['a', 'b'],
      token: 'from-environment',
    });
    expect(await parsed(['--token', 'mine'], 'from-environment')).toMatchObject({ token: 'mine' });
  });

  it.each([
    ['--days', '0'],
    ['--days', 'ten'],
    ['--from', 'yesterday'],
    ['--step-seconds', '60'],
    ['--downtime-usd-per-minute', '-1'],
    ['--nothing', '1'],
  ])('refuses %s %s', async (...args) => {
    await expect(parsed(args)).rejects.toThrow();
  });
});

describe('progress', () => {
  it('is a bar on a terminal, and a line for every tenth elsewhere', () => {
    const written: Record<'terminal' | 'file', string> = { terminal: '', file: '' };
    const terminal = new Progress({ isTTY: true, write: (text) => (written.terminal += text) });
    const file = new Progress({ write: (text) => (written.file += text) });
    for (const progress of [terminal, file]) {
      for (const share of [0, 0.05, 0.05, 0.5, 0.52, 1]) progress.show(share, 'played');
      progress.end();
    }
    expect(written.file).toBe('0 % played\n50 % played\n100 % played\n');
    const lines = written.terminal.split('\r\u001b[K');
    expect(lines).toHaveLength(7);
    expect(lines[3]).toBe(`[${'█'.repeat(15)}${'░'.repeat(15)}]  50 % played`);
    expect(lines.at(-1)).toBe('');
  });
});
