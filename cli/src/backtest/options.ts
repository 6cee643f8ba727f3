import { DEFAULT_ENGINE } from '@spotopt/decision/replay';
import { Command, InvalidArgumentError } from 'commander';

export interface BacktestOptions {
  readonly url: string;
  readonly token?: string;
  readonly engine: readonly string[];
  readonly instanceType?: string;
  readonly region?: string;
  readonly pool?: readonly string[];
  readonly days?: number;
  readonly from?: string;
  readonly to?: string;
  readonly stepSeconds: number;
  readonly downtimeUsdPerMinute?: number;
  readonly onDemandUsdPerHour?: number;
  readonly prices?: string;
  readonly chart?: string;
  readonly json: boolean;
  /** A server was named: also a price file is played there. */
  readonly isRemote: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const MAX_DAYS = 400;
const ENGINES = 8;

const EXAMPLES = `
Examples:
  spotopt backtest --engine seed-rule --engine greedy --instance-type m5.large --region us-east-1 --days 30
  spotopt backtest --prices prices.csv --engine greedy --engine hot-standby --chart out.svg
  aws ec2 describe-spot-price-history --instance-types m5.large --product-descriptions Linux/UNIX > prices.json
  spotopt backtest --prices prices.json --engine seed-rule

Exit code: 0 done, 1 not done, 64 usage, 66 no price file, 69 the server does not answer, 130 cancelled.`;

/** @param run gets what was parsed */
export function backtestCommand(
  run: (options: BacktestOptions) => Promise<void>,
  environmentToken: string | undefined,
): Command {
  const command = new Command('backtest')
    .summary('replay decision engines on past prices')
    .description(
      'Replays decision engines on past prices and compares what they would have cost and how long they would have\n' +
        'been down: on the prices that a server has stored, or with --prices on a file, in this process.',
    )
    .option('--engine <name>', 'engine to play; may be given several times', collected, [])
    .option('--instance-type <type>', 'whose pools are replayed, such as m5.large')
    .option('--region <name>', 'where the type was seen in several regions')
    .option('--pool <id>', 'only these pools, such as m5.large.us-east-1a; several times', collected)
    .option('--days <n>', 'so many days up to the end (default: 90, or all of a file)', wholeDays)
    .option('--from <time>', 'start of the replay, UTC', instant)
    .option('--to <time>', 'end of the replay, UTC (default: now, or the end of a file)', instant)
    .option('--step-seconds <n>', 'between two decisions, 180 to 3600', stepSeconds, 300)
    .option(
      '--downtime-usd-per-minute <n>',
      'what a minute of downtime costs (default: 100 minutes on demand)',
      usd,
    )
    .option('--on-demand-usd-per-hour <n>', 'where the on-demand price is not known', priceUsd)
    .option(
      '--prices <file>',
      'play this file here, without a server: CSV timestamp,instance_type,az,spot_price, or the JSON of\n' +
        'aws ec2 describe-spot-price-history; .gz too. With --url it is sent to the server',
    )
    .option('--url <url>', 'the server', DEFAULT_URL)
    .option('--token <token>', 'of a tenant or the administrator (default: SPOTOPT_TOKEN)')
    .option('--chart <file>', 'write a picture (SVG)')
    .option('--json', 'print the result as one JSON object', false)
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(--help lists the options)');
  return command.action(async () => {
    const given = command.opts<Omit<BacktestOptions, 'isRemote'>>();
    const engine = given.engine.length === 0 ? [DEFAULT_ENGINE] : [...new Set(given.engine)];
    const token = given.token ?? environmentToken;
    const isRemote = given.prices === undefined || command.getOptionValueSource('url') === 'cli';
    if (engine.length > ENGINES) command.error(`error: at most ${String(ENGINES)} engines at once`);
    await run({ ...given, engine, isRemote, ...(token === undefined ? {} : { token }) });
  });
}

function collected(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function wholeDays(text: string): number {
  const days = Number(text);
  if (Number.isInteger(days) && days >= 1 && days <= MAX_DAYS) return days;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${String(MAX_DAYS)}.`);
}

function stepSeconds(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 180 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('Give whole seconds from 180 to 3600.');
}

function usd(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('Give an amount in USD, such as 0.25.');
}

function priceUsd(text: string): number {
  const value = usd(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('Give a price above 0 in USD, such as 0.096.');
}

function instant(text: string): string {
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(text) || !text.includes(':') ? text : `${text}Z`;
  const at = new Date(zoned);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw new InvalidArgumentError('Give a UTC time such as 2026-01-31T12:00:00Z or 2026-01-31.');
}
