#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { AppError, isAppError, ScaledClock, UlidIds } from '@spotopt/kernel';
import { loadScript } from './interruptions/script.js';
import type { InterruptionSource } from './interruptions/source.js';
import { loadTrace, tracePriceBook, type Trace } from './interruptions/trace.js';
import { generatedPriceBook } from './prices/generated-prices.js';
import type { PriceBook } from './prices/price-book.js';
import { loadPriceFile } from './prices/recorded-prices.js';
import { seededRandom } from './region/seeded-random.js';
import { startSimulator } from './simulator.js';

const HELP = `spotopt-simulator: a spot region that speaks the wire protocols of EC2, SQS, STS and IMDSv2

  --prices FILE         recorded prices: CSV timestamp,instance_type,az,spot_price, or the JSON that
                        "aws ec2 describe-spot-price-history" prints; .gz is unpacked. Without it, prices
                        are generated
  --trace FILE          recorded availability (JSON); also gives the prices when there is no --prices
  --script FILE         timed events (JSON)
  --capacity PROFILE    none, typical, lively or stress: how often pools lose their capacity (none)
  --speed N             simulated seconds per second (1)
  --start TIME          simulated time at the start; default is --offset-hours after the first price of a
                        recording, else now
  --offset-hours N      see --start (24)
  --region NAME         region of generated prices, or which one of a trace (us-east-1)
  --seed N              seed of prices, capacity and boot times (1)
  --host ADDRESS        (127.0.0.1)
  --port N              EC2, SQS, STS and control interface (8081)
  --metadata-port N     instance metadata (8082)
  --queue NAME          queue that receives notices (spotopt-notices)
  --help

Signatures are not verified; any credentials do. Control interface: GET /_sim/state on the first port.
Example: aws --endpoint-url http://127.0.0.1:8081 --region us-east-1 ec2 describe-spot-price-history
`;

const OPTIONS = {
  prices: { type: 'string' },
  trace: { type: 'string' },
  script: { type: 'string' },
  capacity: { type: 'string', default: 'none' },
  speed: { type: 'string', default: '1' },
  start: { type: 'string' },
  'offset-hours': { type: 'string', default: '24' },
  region: { type: 'string' },
  seed: { type: 'string', default: '1' },
  host: { type: 'string', default: '127.0.0.1' },
  port: { type: 'string', default: '8081' },
  'metadata-port': { type: 'string', default: '8082' },
  queue: { type: 'string', default: 'spotopt-notices' },
  help: { type: 'boolean', default: false },
} as const;

type Flags = ReturnType<typeof readFlags>;

function readFlags() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw AppError.permanent('bad-flags', error instanceof Error ? error.message : String(error));
  }
}

function numberOf(flags: Flags, name: 'speed' | 'offset-hours' | 'seed' | 'port' | 'metadata-port'): number {
  const value = Number(flags[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  throw AppError.permanent('bad-flags', `--${name} needs a number, not '${flags[name]}'`);
}

async function readPrices(flags: Flags, trace: Trace | undefined): Promise<PriceBook> {
  if (flags.prices !== undefined) return loadPriceFile(flags.prices);
  if (trace !== undefined) return tracePriceBook(trace, flags.region);
  const startMs = flags.start === undefined ? Date.now() : Date.parse(flags.start);
  const historyMs = 90 * 86_400_000;
  const region = flags.region === undefined ? {} : { region: flags.region };
  return generatedPriceBook({ startMs: startMs - historyMs, seed: numberOf(flags, 'seed'), ...region });
}

function startOf(flags: Flags, prices: PriceBook): number {
  if (flags.start !== undefined) {
    const startMs = Date.parse(flags.start);
    if (!Number.isNaN(startMs)) return startMs;
    throw AppError.permanent('bad-flags', `--start needs a time, not '${flags.start}'`);
  }
  if (prices.lastAt === undefined) return Date.now();
  return prices.firstAt + numberOf(flags, 'offset-hours') * 3_600_000;
}

async function readSources(flags: Flags, trace: Trace | undefined): Promise<InterruptionSource[]> {
  const sources: InterruptionSource[] = [];
  if (trace !== undefined) sources.push({ kind: 'trace', trace });
  if (flags.script !== undefined) sources.push(await loadScript(flags.script));
  const { capacity } = flags;
  if (capacity === 'typical' || capacity === 'lively' || capacity === 'stress') {
    sources.push({ kind: 'seeded', profile: capacity, seed: numberOf(flags, 'seed') });
  } else if (capacity !== 'none') {
    throw AppError.permanent('bad-flags', `--capacity is none, typical, lively or stress, not '${capacity}'`);
  }
  return sources;
}

async function run(flags: Flags): Promise<void> {
  const trace = flags.trace === undefined ? undefined : await loadTrace(flags.trace);
  const prices = await readPrices(flags, trace);
  const speed = numberOf(flags, 'speed');
  if (speed === 0) throw AppError.permanent('bad-flags', '--speed needs a number above 0');
  const clock = new ScaledClock({ startMs: startOf(flags, prices), realStartMs: Date.now(), speed });
  const simulator = await startSimulator({
    clock,
    ids: new UlidIds(),
    random: seededRandom(numberOf(flags, 'seed')),
    marketSeed: numberOf(flags, 'seed'),
    prices,
    awsPort: numberOf(flags, 'port'),
    metadataPort: numberOf(flags, 'metadata-port'),
    host: flags.host,
    noticeQueueName: flags.queue,
    interruptions: await readSources(flags, trace),
  });
  process.stdout.write(
    `region    ${simulator.region.name}, ${simulator.region.pools.all().length} pools, ${clock.now().toISOString()}, speed ${speed}\n` +
      `endpoint  ${simulator.endpoint}\nmetadata  ${simulator.metadataBaseUrl}/<instance id>/latest\n` +
      `notices   ${simulator.noticeQueueUrl}\nready ${simulator.endpoint}\n`,
  );
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await simulator.stop();
}

try {
  const flags = readFlags();
  if (flags.help) process.stdout.write(HELP);
  else await run(flags);
} catch (error) {
  process.stderr.write(`${isAppError(error) ? error.message : String(error)}\n`);
  process.exitCode = isAppError(error) && error.code === 'bad-flags' ? 64 : 1;
}
