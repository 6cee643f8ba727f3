import { resolve } from 'node:path';
import { LOG_LEVELS, type LogLevel } from '@spotopt/platform';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { SystemSettings } from './system.js';

export interface Flags extends SystemSettings {
  /** Stop by itself after this much simulated time; undefined = run until Ctrl-C. */
  readonly stopAfterMs: number | undefined;
}

/** Beyond this, a heartbeat interval passes in less time than the system needs to notice it. */
const MAX_SPEED = 1_000;
const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

interface RawFlags {
  readonly fleet: number;
  readonly manualReplicaEvery: number;
  readonly speed: number;
  readonly prices?: string;
  readonly start?: Date;
  readonly for?: number;
  readonly capacity: SystemSettings['capacity'];
  readonly seed: number;
  readonly data: string;
  readonly reset: boolean;
  readonly host: string;
  readonly port: number;
  readonly awsPort: number;
  readonly metadataPort: number;
  readonly openReads: boolean;
  readonly priceHistory: boolean;
  readonly logLevel: LogLevel;
}

/** Reads the command line; commander prints help and errors and ends the process for them. */
export function readFlags(argv: readonly string[], callerDirectory: string): Flags {
  const command = new Command('npm start --')
    .description(
      'Spot Optimizer in one process: every service on SQLite and an in-process bus, a simulated AWS region\n' +
        'and a small fleet of simulated workloads. Nothing real is touched; not for production.',
    )
    .option('--fleet <n>', 'workloads of the fleet', wholeNumber(1, 200), 4)
    .option(
      '--manual-replica-every <n>',
      'every n-th workload keeps a hot standby instead of being moved; 0 = none',
      wholeNumber(0, 200),
      2,
    )
    .option('--speed <n>', `simulated seconds per second, up to ${String(MAX_SPEED)}`, speed, 60)
    .option(
      '--prices <file>',
      'recorded prices: CSV timestamp,instance_type,az,spot_price, or AWS JSON; .gz too',
    )
    .option(
      '--start <time>',
      'simulated time at the first start (default: now, or a day into the recording)',
      instant,
    )
    .option(
      '--for <duration>',
      'end by itself after this simulated time, for example 90m, 24h or 7d',
      duration,
    )
    .addOption(
      new Option('--capacity <profile>', 'how often pools lose their capacity')
        .choices(['none', 'typical', 'lively', 'stress'])
        .default('lively'),
    )
    .option('--seed <n>', 'seed of generated prices, capacity and boot times', wholeNumber(0, 2 ** 31), 1)
    .option('--data <dir>', 'where the databases are kept', './data')
    .option('--reset', 'forget the history in the data directory first', false)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port of the gateway', wholeNumber(0, 65_535), 8080)
    .option('--aws-port <n>', 'port of the simulated EC2, SQS and STS', wholeNumber(0, 65_535), 8081)
    .option('--metadata-port <n>', 'port of the simulated instance metadata', wholeNumber(0, 65_535), 8082)
    .option(
      '--no-price-history',
      'without the right to read AWS’s price history: agents’ reports are all there is',
    )
    .option('--no-open-reads', 'also reads from this machine need a token')
    .addOption(
      new Option('--log-level <level>', 'log lines on standard error').choices(LOG_LEVELS).default('error'),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  npm start -- --speed 480                     a day in three minutes' +
        '\n  npm start -- --prices prices_us-west-2.csv   recorded prices' +
        '\n  npm start -- --capacity stress --fleet 8     scarce capacity',
    )
    .showHelpAfterError('(--help lists the flags)');
  command.parse([...argv], { from: 'user' });
  return toFlags(command.opts<RawFlags>(), callerDirectory);
}

function toFlags(raw: RawFlags, callerDirectory: string): Flags {
  return {
    fleetSize: raw.fleet,
    fleetMarket: 'on-demand',
    manualReplicaEvery: raw.manualReplicaEvery,
    speed: raw.speed,
    pricesFile: raw.prices === undefined ? undefined : resolve(callerDirectory, raw.prices),
    startAt: raw.start,
    stopAfterMs: raw.for,
    capacity: raw.capacity,
    seed: raw.seed,
    dataPath: resolve(callerDirectory, raw.data),
    reset: raw.reset,
    host: raw.host,
    port: raw.port,
    awsPort: raw.awsPort,
    metadataPort: raw.metadataPort,
    openReads: raw.openReads,
    readPriceHistory: raw.priceHistory,
    logLevel: raw.logLevel,
  };
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Give a whole number from ${String(min)} to ${String(max)}.`);
  };
}

function speed(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= MAX_SPEED) return value;
  throw new InvalidArgumentError(`Give a number above 0, up to ${String(MAX_SPEED)}.`);
}

function instant(text: string): Date {
  const at = new Date(text);
  if (!Number.isNaN(at.getTime())) return at;
  throw new InvalidArgumentError('Give a UTC time such as 2026-01-31T12:00:00Z.');
}

function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([mhd])$/.exec(text);
  const unitMs = UNIT_MS[match?.[2] ?? ''];
  if (match !== null && unitMs !== undefined) return Number(match[1]) * unitMs;
  throw new InvalidArgumentError('Give minutes, hours or days, such as 90m, 24h or 7d.');
}
