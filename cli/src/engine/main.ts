import { createInterface } from 'node:readline';
import { isAppError } from '@spotopt/kernel';
import {
  DEFAULT_ENGINE,
  policyOf,
  ProtocolSession,
  REPLAYABLE,
  unknownEngine,
} from '@spotopt/decision/replay';
import { Command } from 'commander';

const complain = (problem: string): void => {
  process.stderr.write(`engine: ${problem}\n`);
};

function engineOf(argv: readonly string[]): string {
  const command = new Command('npm run --silent engine --')
    .description(
      'An engine that decides one scenario over JSON lines: messages of protocol 1 on standard input, one answer\n' +
        'per line on standard output, everything else on standard error.',
    )
    .option('--engine <name>', `one of ${REPLAYABLE.join(', ')}`, DEFAULT_ENGINE)
    .showHelpAfterError('(--help explains)')
    .parse([...argv], { from: 'user' });
  const { engine } = command.opts<{ engine: string }>();
  if (!REPLAYABLE.includes(engine)) throw unknownEngine(engine, REPLAYABLE);
  return engine;
}

try {
  const engine = engineOf(process.argv.slice(2));
  const session = new ProtocolSession((market, rules) => policyOf(engine, market, rules), complain);
  for await (const line of createInterface({ input: process.stdin })) {
    if (line.trim() === '') continue;
    const answer = await session.answer(line);
    if (answer !== null) process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
} catch (error) {
  if (!isAppError(error) || error.kind === 'bug') throw error;
  complain(error.message);
  process.exitCode = 64;
}
