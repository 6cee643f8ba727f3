import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { Socket } from 'node:net';

const SHELL = '/bin/sh';
/** Remembers the last complete line; when the pipe closes, whatever it names is ended, also what is stopped. */
const SCRIPT = 'while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -9 $pids';

/**
 * Ends processes that outlive this one. A stopped process does not notice that its pipe was closed, and a service that
 * is killed can end nothing any more; a shell that waits at a pipe can.
 */
export class OrphanGuard {
  readonly #pids = new Set<number>();
  #shell: ChildProcess | null = null;

  /** Its own process; null before there was anything to guard. */
  get pid(): number | null {
    return this.#shell?.pid ?? null;
  }

  add(pid: number): void {
    this.#pids.add(pid);
    this.#tell();
  }

  /** Its number may soon be another process's. */
  remove(pid: number): void {
    if (this.#pids.delete(pid)) this.#tell();
  }

  has(pid: number): boolean {
    return this.#pids.has(pid);
  }

  #tell(): void {
    this.#shell ??= this.#start();
    this.#shell?.stdin?.write(`${[...this.#pids].join(' ')}\n`);
  }

  /** In a session of its own, so that what ends a whole group of processes does not end it first. */
  #start(): ChildProcess | null {
    if (!existsSync(SHELL)) return null;
    const shell = spawn(SHELL, ['-c', SCRIPT], {
      ...{ env: {}, cwd: '/', detached: true },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const forget = (): void => {
      if (this.#shell === shell) this.#shell = null;
    };
    shell.once('exit', forget).once('error', forget);
    shell.stdin.on('error', forget);
    // It must not keep the service from ending.
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    return shell;
  }
}

/** One for all engines of this process. */
export const ENGINE_GUARD = new OrphanGuard();
