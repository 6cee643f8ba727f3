import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isAppError } from '@spotopt/kernel';
import { compareWithFile } from '@spotopt/pricing';
import { loadPriceFile } from '@spotopt/simulator';
import { Command } from 'commander';
import { readStoredReplay } from './stored-replay.js';

interface Options {
  readonly prices: string;
  readonly data: string;
}

const SHOWN = 10;

const command = new Command('npm run compare-prices --')
  .description(
    'Compares the raw prices that a standalone run stored with the rows of the file that it replayed: for the\n' +
      'pools in play, and for the time that was read, none may be lost and none doubled. The run may go on meanwhile.',
  )
  .requiredOption('--prices <file>', 'the file given to npm start')
  .option('--data <dir>', 'data directory of that run', './data')
  .showHelpAfterError('(--help explains)')
  .parse();

const options = command.opts<Options>();
const caller = process.env['INIT_CWD'] ?? process.cwd();

function isoOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19);
}

async function run(): Promise<boolean> {
  const database = join(resolve(caller, options.data), 'pricing.sqlite');
  if (!existsSync(database))
    command.error(`there is no ${database}: has npm start run with this data directory?`);
  const book = await loadPriceFile(resolve(caller, options.prices));
  const stored = readStoredReplay(database);
  const fileRows = book.series.flatMap(({ poolId, changes }) =>
    changes.map(({ atMs, usdPerHour }) => ({ poolId, atMs, usdPerHour })),
  );
  let holds = true;
  for (const market of stored.markets) {
    const poolIds = new Set(
      book.series
        .filter(({ instanceType }) => instanceType === market.instanceType)
        .map(({ poolId }) => poolId),
    );
    const result = compareWithFile(fileRows, stored.rows, { poolIds, ...market });
    holds &&= result.holds && result.fileRows > 0;
    process.stdout.write(
      `${result.holds ? 'equal ' : 'DIFFER'} ${market.instanceType.padEnd(12)} ${String(poolIds.size)} pools, ` +
        `${isoOf(market.fromMs)} to ${isoOf(market.untilMs)}: ${String(result.fileRows)} rows in the file, ` +
        `${String(result.storedRows)} stored, ${String(result.lost.length)} lost, ` +
        `${String(result.doubled.length)} doubled, ${String(result.invented.length)} invented\n`,
    );
    for (const row of [...result.lost, ...result.doubled, ...result.invented].slice(0, SHOWN)) {
      process.stdout.write(`       ${row.poolId} ${isoOf(row.atMs)} ${String(row.usdPerHour)}\n`);
    }
  }
  if (stored.markets.length === 0) process.stdout.write('no prices were read yet\n');
  return holds && stored.markets.length > 0;
}

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`compare-prices: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!isAppError(error) && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exitCode = 1;
}
