import { spawn } from 'node:child_process';
import { AppError } from '@spotopt/kernel';
import { Workload } from './workload.js';

export interface WorkloadHooks {
  /** Shell command that returns when the workload serves; it finds the epoch in `SPOTOPT_EPOCH`. */
  readonly start?: string | undefined;
  readonly stop?: string | undefined;
  readonly warmUp?: string | undefined;
  readonly timeoutMs: number;
  readonly warmUpTimeoutMs: number;
}

interface HookRun {
  readonly name: string;
  readonly command: string | undefined;
  readonly timeoutMs: number;
  readonly epoch: number;
}

const KEPT_OUTPUT_CHARS = 2_000;

/** Runs the hook in a process group of its own, so that a time-out ends its children as well. */
function runHook({ name, command, timeoutMs, epoch }: HookRun): Promise<void> {
  if (command === undefined || command.trim() === '') return Promise.resolve();
  return new Promise((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', command], {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        SPOTOPT_EPOCH: String(epoch),
      },
    });
    let output = '';
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT_CHARS);
    });
    child.on('error', (cause) => {
      clearTimeout(timer);
      reject(AppError.transient('workload-failed', `hook ${name}: ${cause.message}`, { cause }));
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) {
        resolve();
        return;
      }
      const why = timedOut
        ? `did not end within ${String(timeoutMs)} ms`
        : `ended with ${String(code ?? signal)}`;
      reject(AppError.transient('workload-failed', `hook ${name} ${why}: ${output.trim()}`));
    });
  });
}

/** A workload that is controlled by scripts of whoever installed the agent. */
export class HookWorkload extends Workload {
  #serving = false;
  #epoch = 0;

  constructor(private readonly hooks: WorkloadHooks) {
    super();
  }

  override async start(epoch: number): Promise<void> {
    this.#epoch = epoch;
    await runHook({ name: 'start', command: this.hooks.start, timeoutMs: this.hooks.timeoutMs, epoch });
    this.#serving = true;
  }

  override async stop(): Promise<void> {
    const { stop: command, timeoutMs } = this.hooks;
    await runHook({ name: 'stop', command, timeoutMs, epoch: this.#epoch });
    this.#serving = false;
  }

  override async warmUp(onProgress: (percent: number) => void): Promise<void> {
    const { warmUp: command, warmUpTimeoutMs: timeoutMs } = this.hooks;
    onProgress(0);
    await runHook({ name: 'warm-up', command, timeoutMs, epoch: this.#epoch });
    onProgress(100);
  }

  override isServing(): boolean {
    return this.#serving;
  }
}
