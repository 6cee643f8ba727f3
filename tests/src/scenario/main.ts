import { isAppError } from '@spotopt/kernel';
import { Command, InvalidArgumentError } from 'commander';
import { resolve } from 'node:path';
import { printResult } from './print-result.js';
import { runScenario } from './run-scenario.js';
import type { Scenario } from './scenario.js';
import { dataGap } from './stories/data-gap.js';
import { modelRollout } from './stories/model-rollout.js';
import { normalOptimization } from './stories/normal-optimization.js';
import { terminationWithReplica } from './stories/termination-with-replica.js';

const SCENARIOS: readonly Scenario[] = [normalOptimization, terminationWithReplica, dataGap, modelRollout];

interface Options {
  readonly json?: boolean;
  readonly distributed?: boolean;
  readonly killPromotion?: boolean;
  readonly speed?: number;
  readonly prices?: string;
}

function scenarioNamed(name: string): Scenario {
  const scenario = SCENARIOS.find((candidate) => candidate.name === name);
  if (scenario !== undefined) return scenario;
  throw new InvalidArgumentError(
    `There is no such story. There are: ${SCENARIOS.map((s) => s.name).join(', ')}.`,
  );
}

function speed(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1_000) return value;
  throw new InvalidArgumentError('Give a number above 0, up to 1000.');
}

const stories = SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(26)}${summary}`).join('\n');
const command = new Command('npm run scenario --')
  .description('Plays one story on a fresh system, prints its timeline and judges it.')
  .argument('<name>', 'the story', scenarioNamed)
  .option('--json', 'print one JSON object and nothing else')
  .option('--distributed', 'every service and agent a process of its own, on real RabbitMQ, MySQL and Redis')
  .option('--kill-promotion', 'distributed: SIGKILL the promoting service between its commit and its publish')
  .option('--speed <n>', 'simulated seconds per second (default: the story’s own)', speed)
  .option('--prices <file>', 'recorded prices instead of generated ones')
  .addHelpText(
    'after',
    `\nStories:\n${stories}\n\nThe exit code is 1 when an invariant broke, 130 when interrupted.`,
  )
  .showHelpAfterError('(--help lists the stories)')
  .parse();

const options = command.opts<Options>();
const scenario = command.processedArgs[0] as Scenario;
if (options.killPromotion === true && options.distributed !== true) {
  command.error('--kill-promotion needs --distributed: in one process there is nobody to go on');
}

const EXIT_INTERRUPTED = 130;
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Who asks twice does not want to wait for an orderly end.
    if (interrupted.signal.aborted) process.exit(EXIT_INTERRUPTED);
    interrupted.abort();
  });
}

async function main(): Promise<number> {
  try {
    const result = await runScenario(scenario, {
      mode: options.distributed === true ? 'distributed' : 'standalone',
      speed: options.speed,
      pricesFile:
        options.prices === undefined
          ? undefined
          : resolve(process.env['INIT_CWD'] ?? process.cwd(), options.prices),
      killPromotion: options.killPromotion === true,
      tell: (line) => {
        process.stderr.write(`${line}\n`);
      },
      signal: interrupted.signal,
    });
    process.stdout.write(options.json === true ? `${JSON.stringify(result)}\n` : printResult(result));
    return result.verdict === 'pass' ? 0 : 1;
  } catch (error) {
    tellFailure(error);
    return interrupted.signal.aborted ? EXIT_INTERRUPTED : 1;
  }
}

function tellFailure(error: unknown): void {
  const known = isAppError(error) && error.kind !== 'bug';
  process.stderr.write(`scenario: ${error instanceof Error ? error.message : String(error)}\n`);
  if (!known && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
}

// Also when something of a system that could not be stopped is still open.
process.exit(await main());
