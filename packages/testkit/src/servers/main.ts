import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { provisionServers, type ProvisionedServers } from './provision-servers.js';

const USAGE = 'usage: main.js -- <command> [arguments]';
const KILL_AFTER_MS = 10_000;

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
  const interruption = new Interruption();
  let servers: ProvisionedServers;
  try {
    servers = await provisionServers({ log: say, signal: interruption.signal });
  } catch (error) {
    if (interruption.by !== undefined) return exitCodeOf(interruption.by);
    say(messageOf(error));
    return 1;
  }
  try {
    return await runCommand(command, args, interruption, {
      TEST_MYSQL_URL: servers.mysqlUrl,
      TEST_RABBITMQ_URL: servers.rabbitUrl,
      TEST_REDIS_URL: servers.redisUrl,
    });
  } catch (error) {
    say(messageOf(error));
    return 1;
  } finally {
    await servers.stop().catch((error: unknown) => {
      say(`while stopping: ${messageOf(error)}`);
    });
  }
}

/** Whether somebody asked this process to end, and who is told. */
class Interruption {
  by: NodeJS.Signals | undefined;
  readonly #abort = new AbortController();
  #listener: ((signal: NodeJS.Signals) => void) | undefined;

  constructor() {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        this.by ??= signal;
        this.#abort.abort();
        this.#listener?.(signal);
      });
    }
  }

  /** Aborted at the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  passTo(listener: (signal: NodeJS.Signals) => void): void {
    this.#listener = listener;
  }
}

function runCommand(
  command: string,
  args: readonly string[],
  interruption: Interruption,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...environment } });
    interruption.passTo((signal) => {
      child.kill(signal);
      // What hangs in a loop does not hear a signal that it listens to.
      setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS).unref();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(signal === null ? (code ?? 1) : exitCodeOf(signal));
    });
  });
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

process.exit(await main());
