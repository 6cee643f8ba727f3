#!/usr/bin/env node
import { isAppError } from '@spotopt/kernel';
import { Command } from 'commander';
import { backtestCommand } from './backtest/options.js';
import { runBacktestCommand } from './backtest/run.js';
import { EXIT_INTERRUPTED, UserError } from './user-error.js';

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

try {
  await program.parseAsync(process.argv);
} catch (error) {
  const isKnown = error instanceof UserError || (isAppError(error) && error.kind !== 'bug');
  if (!isKnown) throw error;
  process.stderr.write(`spotopt: ${error.message}\n`);
  process.exitCode = error instanceof UserError ? error.exitCode : 1;
}
