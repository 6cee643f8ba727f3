import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CleanUp } from './clean-up.js';
import { provisionServers } from './provision-servers.js';

const USAGE = 'usage: main.js -- <command> [arguments]';

/**
 * Provides the servers, runs a command with their URLs in its environment, stops what it started and ends
 * as the command did. Its own lines go to standard error: the command's output may be read by a program.
 */
async function main(): Promise<number> {
  const separator = process.argv.indexOf('--');
  const [command, ...args] = separator < 0 ? [] : process.argv.slice(separator + 1);
  if (command === undefined) {
    say(USAGE);
    return 2;
  }
  const cleanUp = new CleanUp();
  const interrupted = new Interruption();
  try {
    const servers = await Promise.race([provisionServers({ log: say, cleanUp }), interrupted.happened]);
    if (typeof servers === 'string') return exitCodeOf(servers);
    return await runCommand(command, args, interrupted, {
      TEST_MYSQL_URL: servers.mysqlUrl,
      TEST_RABBITMQ_URL: servers.rabbitUrl,
      TEST_REDIS_URL: servers.redisUrl,
    });
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await cleanUp.run().catch((error: unknown) => {
      say(`while stopping: ${String(error)}`);
    });
  }
}

/** The first signal that asks this process to end. */
class Interruption {
  readonly happened: Promise<NodeJS.Signals>;
  #listener: ((signal: NodeJS.Signals) => void) | undefined;

  constructor() {
    this.happened = new Promise((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
        process.on(signal, () => {
          resolve(signal);
          this.#listener?.(signal);
        });
      }
    });
  }

  passTo(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
  }
}

function runCommand(
  command: string,
  args: readonly string[],
  interrupted: Interruption,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    interrupted.passTo((signal) => child.kill(signal));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : exitCodeOf(signal));
    });
  });
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exit(await main());
