import { type ChildProcess, spawn } from 'node:child_process';
import { SystemClock } from '@spotopt/kernel';

export interface ChildSettings {
  readonly name: string;
  /** Compiled entry. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Start again when it ends without being asked to. */
  readonly restart: boolean;
  readonly log: (line: string) => void;
}

const RESTART_AFTER_MS = 100;
const KILL_AFTER_MS = 12_000;
const KEPT_LINES = 30;
const REAL_TIME = new SystemClock();

const running = new Set<ChildProcess>();
/** Nothing outlives this process, however it ends; only its own sudden death cannot be helped. */
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One service or agent as a process of its own, watched like a container runtime would. */
export class SupervisedProcess {
  #child: ChildProcess;
  #stopping = false;
  #exited: Promise<void>;
  readonly #tail: string[] = [];
  /** Ends that nobody asked for. */
  crashes = 0;

  constructor(private readonly settings: ChildSettings) {
    this.#child = this.#spawn();
    this.#exited = this.#watch();
  }

  /** Last lines of output, for the report of a failure. */
  get tail(): string {
    return this.#tail.join('\n');
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    this.#child.kill(signal);
    const done = new AbortController();
    const overdue = REAL_TIME.sleep(KILL_AFTER_MS, done.signal).then(() => {
      if (!done.signal.aborted) this.#child.kill('SIGKILL');
    });
    await this.#exited;
    done.abort();
    await overdue;
  }

  #spawn(): ChildProcess {
    const { entry, env } = this.settings;
    // Nothing of this process's environment: a service gets its settings and nothing else.
    const child = spawn(process.execPath, [entry], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    child.once('exit', () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#tail.push(...text.trimEnd().split('\n'));
        this.#tail.splice(0, Math.max(0, this.#tail.length - KEPT_LINES));
      });
    }
    return child;
  }

  async #watch(): Promise<void> {
    for (;;) {
      const child = this.#child;
      const end = await new Promise<string>((resolve) => {
        child.once('exit', (code, signal) => {
          resolve(signal ?? String(code));
        });
      });
      if (this.#stopping) return;
      this.crashes += 1;
      this.settings.log(
        `${this.settings.name} ended by ${end}${this.settings.restart ? '; started again' : ''}`,
      );
      if (!this.settings.restart) return;
      await REAL_TIME.sleep(RESTART_AFTER_MS);
      if (this.#stopping) return;
      this.#child = this.#spawn();
    }
  }
}
