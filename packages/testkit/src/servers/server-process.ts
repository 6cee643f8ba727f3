import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { access, constants, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where servers are installed that are not on everybody's PATH. */
const MORE_DIRECTORIES = [
  '/usr/lib/rabbitmq/bin',
  '/opt/rabbitmq/sbin',
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/sbin',
  '/opt/homebrew/opt/rabbitmq/sbin',
];
const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 15_000;

/** Full path of the first of these programs that is installed. */
export async function findProgram(...names: readonly string[]): Promise<string | undefined> {
  // The named places come first: Debian's own wrapper of RabbitMQ wants to be root or its own user.
  const directories = [...MORE_DIRECTORIES, ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const name of names) {
    for (const directory of directories) {
      const path = join(directory, name);
      if (await isExecutable(path)) return path;
    }
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

export interface ServerProcessOptions {
  readonly program: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** A server in a process group of its own, so that Ctrl-C in the terminal does not reach it before its users. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #end: string | undefined;

  constructor(private readonly options: ServerProcessOptions) {
    const log = createWriteStream(options.logFile);
    this.#child = spawn(options.program, options.args, {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    });
    this.#child.stdout?.pipe(log, { end: false });
    this.#child.stderr?.pipe(log, { end: false });
    this.#ended = new Promise((resolve) => {
      const ended = (how: string): void => {
        this.#end ??= how;
        resolve(how);
      };
      this.#child.once('error', (error) => {
        ended(error.message);
      });
      this.#child.once('exit', (code, signal) => {
        ended(`ended with ${signal ?? String(code)}`);
      });
    });
  }

  /** Asks until the server answers. @throws with the end of its log when it ends or never does */
  async waitUntilReady(probe: () => Promise<string>, signal: AbortSignal): Promise<string> {
    const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      let problem: unknown;
      signal.throwIfAborted();
      try {
        return await probe();
      } catch (error) {
        problem = error;
      }
      if (this.#end !== undefined)
        throw new Error(`${this.options.program} ${this.#end}: ${await this.#logTail()}`);
      if (Date.now() > giveUpAtMs) {
        throw new Error(`${this.options.program} does not answer: ${await this.#logTail()}`, {
          cause: problem,
        });
      }
      await delay(100);
    }
  }

  /** As a power cut does: nothing is written any more. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#ended;
  }

  async stop(): Promise<void> {
    this.#signal('SIGTERM');
    const patience = new AbortController();
    const overdue = delay(STOP_TIMEOUT_MS, 'overdue', { signal: patience.signal }).catch(() => 'in time');
    if ((await Promise.race([this.#ended, overdue])) === 'overdue') this.#signal('SIGKILL');
    patience.abort();
    await this.#ended;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#end !== undefined || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended in this very moment.
    }
  }

  async #logTail(): Promise<string> {
    try {
      return (await readFile(this.options.logFile, 'utf8')).trim().split('\n').slice(-8).join(' | ');
    } catch {
      return '(no log)';
    }
  }
}
