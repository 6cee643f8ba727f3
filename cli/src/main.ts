#!/usr/bin/env node
import { Command } from 'commander';
import { backtestCommand } from './backtest/options.js';
import { runBacktestCommand } from './backtest/run.js';
import { obey } from './command-line.js';
import { EXIT_INTERRUPTED } from './user-error.js';

const interruption = new AbortController();
let interruptions = 0;
process.on('SIGINT', () => {
  interruptions += 1;
  interruption.abort();
  // What cannot be cancelled in an orderly way ends at the second keystroke.
  if (interruptions > 1) process.exit(EXIT_INTERRUPTED);
});

const program = new Command('spotopt')
  .description('Spot Optimizer on the command line.')
  .addCommand(
    backtestCommand(
      (options) =>
        runBacktestCommand(options, {
          directory: process.env['INIT_CWD'] ?? process.cwd(),
          print: (text) => process.stdout.write(text),
          progress: process.stderr,
          signal: interruption.signal,
        }),
      process.env['SPOTOPT_TOKEN'],
    ),
  )
  .showHelpAfterError('(--help lists the commands)');

await obey(
  program,
  () => program.parseAsync(process.argv),
  () => process.exit(),
);
