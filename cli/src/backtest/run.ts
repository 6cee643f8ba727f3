import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Server } from '../server.js';
import { EXIT_USAGE, reasonOf, UserError } from '../user-error.js';
import type { BacktestOptions } from './options.js';
import type { BacktestOutcome } from './outcome.js';
import { playHere } from './play-here.js';
import { playOnServer } from './play-on-server.js';
import { Progress, type ProgressOutput } from './progress.js';
import { reportText } from './report-table.js';

export interface Terminal {
  /** Where file names of the command line belong. */
  readonly directory: string;
  readonly print: (text: string) => void;
  readonly progress: ProgressOutput;
  /** Aborted when the user wants to end. */
  readonly signal: AbortSignal;
}

export async function runBacktestCommand(given: BacktestOptions, terminal: Terminal): Promise<void> {
  const options =
    given.prices === undefined ? given : { ...given, prices: resolve(terminal.directory, given.prices) };
  const progress = new Progress(terminal.progress);
  try {
    const { report, chart } = await play(options, progress, terminal.signal);
    progress.end();
    terminal.print(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
    if (options.chart !== undefined) {
      const file = resolve(terminal.directory, options.chart);
      await writeFile(file, await chart()).catch((error: unknown) => {
        throw new UserError(`The chart could not be written: ${reasonOf(error)}`);
      });
      terminal.progress.write(`chart: ${file}\n`);
    }
  } finally {
    progress.end();
  }
}

function play(options: BacktestOptions, progress: Progress, signal: AbortSignal): Promise<BacktestOutcome> {
  if (!options.isRemote && options.prices !== undefined) {
    return playHere(options, options.prices, progress, signal);
  }
  if (!URL.canParse(options.url)) {
    throw new UserError(`${options.url} is not a URL such as http://127.0.0.1:8080`, EXIT_USAGE);
  }
  return playOnServer(options, new Server(options.url, options.token), progress, signal);
}
