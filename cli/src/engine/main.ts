import { createInterface } from 'node:readline';
import { DEFAULT_ENGINE, policyOf, ProtocolSession, REPLAYABLE } from '@spotopt/decision/replay';
import { Command, Option } from 'commander';
import { obey } from '../command-line.js';

const command = new Command('engine')
  .usage('[options]  (npm run --silent engine -- [options])')
  .description(
    'An engine that decides one scenario over JSON lines: messages of protocol 1 on standard input, one answer\n' +
      'per line on standard output, everything else on standard error.',
  )
  .addOption(new Option('--engine <name>', 'who decides').choices(REPLAYABLE).default(DEFAULT_ENGINE))
  .showHelpAfterError('(--help explains)')
  .action(async ({ engine }: { engine: string }) => {
    const session = new ProtocolSession(
      (market, rules) => policyOf(engine, market, rules),
      (problem) => process.stderr.write(`engine: ${problem}\n`),
    );
    for await (const line of createInterface({ input: process.stdin })) {
      if (line.trim() === '') continue;
      const answer = await session.answer(line);
      if (answer !== null) process.stdout.write(`${JSON.stringify(answer)}\n`);
    }
  });

await obey(
  command,
  () => command.parseAsync(process.argv),
  () => process.exit(),
);
