import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@spotopt/kernel';
import { type ChildMemory, type ChildProgram, commandOf } from './child-program.js';
import { EngineFailed, type EngineFailure, type EngineFailureCode } from './engine-failure.js';
import { ProcessUsage } from './process-usage.js';
import { encodeFrame, type Frame, FrameReader, FrameTooLong } from './frames.js';
import { ENGINE_GUARD } from './orphan-guard.js';

export interface EngineProcessSettings extends ChildMemory {
  readonly program: ChildProgram;
  /** Resident memory, looked at from outside. */
  readonly residentMb: number;
  readonly niceness: number;
  readonly maxAnswerBytes: number;
}

/** How often the memory of a process that computes is looked at. */
const WATCH_MS = 20;
/** A process that was slow once computes for a tenth of the time. */
const RUN_MS = 10;
const REST_MS = 90;
/** The last place in every queue for a processor. */
const LEAST_PRIORITY = 19;

export interface Patience {
  /** The process is ended after it. */
  readonly timeoutMs: number;
  /** Of processor time; beyond it the process computes for a tenth of the time: what takes long must not delay others. */
  readonly slowMs: number;
  /** Whether it stays that slow, with the least priority, or only until it has answered. */
  readonly slowFor: 'good' | 'this-answer';
}

/** One process of one engine. It is asked one thing at a time, and killed when it does anything unexpected. */
export class EngineProcess {
  readonly startedAtMs: number;
  peakMb: number | null = null;
  /** It was slow once, has the least priority since, and rests most of the time. */
  demoted = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #reader: FrameReader;
  #trusted = false;
  #waiting: { readonly answer: (frame: Frame) => void; readonly fail: (error: EngineFailed) => void } | null =
    null;
  #death: EngineFailure | null = null;
  readonly #ended: Promise<void>;

  constructor(
    private readonly settings: EngineProcessSettings,
    private readonly clock: Clock,
  ) {
    const [command, args] = commandOf(settings.program, settings);
    this.startedAtMs = clock.nowMs();
    this.#reader = new FrameReader(settings.maxAnswerBytes);
    // Results must not depend on the zone of the machine, and nothing else of the environment is handed on.
    this.#child = spawn(command, args, { env: { TZ: 'UTC' }, cwd: '/', stdio: ['pipe', 'pipe', 'ignore'] });
    const { pid } = this;
    if (pid !== null) ENGINE_GUARD.add(pid);
    this.#setPriority(LEAST_PRIORITY);
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#die({
          code: 'engine-crashed',
          message: `the process did not start: ${error.message}`,
          limit: null,
          reason: null,
        });
        resolve();
      });
      this.#child.once('exit', (code, signal) => {
        if (pid !== null) ENGINE_GUARD.remove(pid);
        this.#die(failureOfExit(code, signal, settings));
        resolve();
      });
    });
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#receive(chunk);
    });
    // A process that ends before it has read everything closes its pipe; its exit says why.
    this.#child.stdin.on('error', () => undefined);
  }

  get pid(): number | null {
    return this.#child.pid ?? null;
  }

  get alive(): boolean {
    return this.#death === null;
  }

  /**
   * Sends and waits for the answer.
   * @throws EngineFailed when it says that it failed, and when it had to be killed
   */
  async ask(frame: Frame, patience: Patience): Promise<Frame> {
    if (this.#death !== null) throw new EngineFailed(this.#death);
    const answered = new AbortController();
    const answer = new Promise<Frame>((resolve, reject) => {
      this.#waiting = { answer: resolve, fail: reject };
    });
    for (const part of encodeFrame(frame)) this.#child.stdin.write(part);
    void this.#watch(patience, answered.signal);
    try {
      const { head, body } = await answer;
      if (head['ok'] === true) return { head, body };
      throw new EngineFailed(failureOf(head));
    } finally {
      answered.abort();
      this.#waiting = null;
    }
  }

  /** Ends it at once, whatever it does. Resolves when the operating system has taken it down. */
  async kill(): Promise<void> {
    this.#end({ code: 'engine-crashed', message: 'the process was ended', limit: null, reason: null });
    await this.#ended;
  }

  /**
   * Its engine answered before, and need not come last in every queue for a processor. A service that may not raise
   * priorities leaves it there, which only tells on a machine without an idle processor.
   */
  trust(): void {
    if (this.#trusted || this.demoted) return;
    this.#trusted = true;
    this.#setPriority(this.settings.niceness);
  }

  /** A process must not delay those that serve people; where priorities cannot be set it runs with the usual one. */
  #setPriority(niceness: number): void {
    try {
      if (this.#child.pid !== undefined) setPriority(this.#child.pid, niceness);
    } catch {
      // Gone already, or not allowed here: the limits of time and memory hold without it.
    }
  }

  /** Looks from outside: what a process says of itself is worth nothing once it misbehaves. */
  async #watch(patience: Patience, signal: AbortSignal): Promise<void> {
    if (this.pid === null) return;
    const usage = new ProcessUsage(this.pid);
    try {
      await this.#watchUsage(usage, patience, signal);
    } finally {
      usage.close();
    }
  }

  async #watchUsage(
    usage: ProcessUsage,
    { timeoutMs, slowMs, slowFor }: Patience,
    signal: AbortSignal,
  ): Promise<void> {
    const startedAtMs = performance.now();
    const usedMs = cpuSince(usage, startedAtMs);
    let slow = this.demoted;
    while (!signal.aborted && this.alive) {
      this.#checkMemory(usage.residentMegabytes());
      if (performance.now() - startedAtMs >= timeoutMs) this.#endLate(timeoutMs);
      slow ||= usedMs() >= slowMs;
      if (slow && slowFor === 'good') this.#demote();
      if (slow) await this.#rest(signal);
      await this.clock.sleep(Math.min(slow ? RUN_MS : WATCH_MS, timeoutMs), signal);
    }
  }

  #checkMemory(megabytes: number | null): void {
    if (megabytes === null) return;
    const { residentMb } = this.settings;
    this.peakMb = Math.max(this.peakMb ?? 0, Math.round(megabytes));
    if (megabytes <= residentMb) return;
    const limit = `${String(residentMb)} MB`;
    const message = `it took more than ${limit} of memory`;
    this.#end({ code: 'engine-out-of-memory', message, limit, reason: null });
  }

  #endLate(timeoutMs: number): void {
    const limit = `${String(timeoutMs)} ms`;
    this.#end({ code: 'engine-timeout', message: `it did not answer within ${limit}`, limit, reason: null });
  }

  #demote(): void {
    if (this.demoted) return;
    this.demoted = true;
    this.#setPriority(LEAST_PRIORITY);
  }

  /** Priorities alone do not help a neighbour on the other half of the same core. */
  async #rest(signal: AbortSignal): Promise<void> {
    this.#child.kill('SIGSTOP');
    await this.clock.sleep(REST_MS, signal);
    this.#child.kill('SIGCONT');
  }

  #receive(chunk: Buffer): void {
    try {
      for (const frame of this.#reader.push(chunk)) this.#waiting?.answer(frame);
    } catch (error) {
      const message =
        error instanceof FrameTooLong ? `it sent ${error.message}` : 'it sent something unreadable';
      const limit = `${String(this.settings.maxAnswerBytes)} bytes`;
      this.#end({ code: 'engine-invalid-proposal', message, limit, reason: null });
    }
  }

  #end(failure: EngineFailure): void {
    this.#die(failure);
    this.#child.stdout.destroy();
    this.#child.kill('SIGKILL');
  }

  #die(failure: EngineFailure): void {
    this.#death ??= failure;
    this.#waiting?.fail(new EngineFailed(this.#death));
  }
}

/** Processor time of the process from now on; where the system does not tell, the time that went by. */
function cpuSince(usage: ProcessUsage, startedAtMs: number): () => number {
  const beforeMs = usage.cpuMilliseconds() ?? 0;
  return () => {
    const nowMs = usage.cpuMilliseconds();
    return nowMs === null ? performance.now() - startedAtMs : nowMs - beforeMs;
  };
}

/** An interpreter that finds no memory aborts; a system that finds none kills. */
function failureOfExit(
  code: number | null,
  signal: NodeJS.Signals | null,
  { residentMb }: EngineProcessSettings,
): EngineFailure {
  const ranOut = signal === 'SIGABRT' || signal === 'SIGKILL' || code === 134 || code === 137;
  if (ranOut) {
    const limit = `${String(residentMb)} MB`;
    return {
      code: 'engine-out-of-memory',
      message: 'its process ended for want of memory',
      limit,
      reason: null,
    };
  }
  const how = signal === null ? `with code ${String(code)}` : `by ${signal}`;
  return { code: 'engine-crashed', message: `its process ended ${how}`, limit: null, reason: null };
}

const TOLD: readonly EngineFailureCode[] = [
  'engine-timeout',
  'engine-out-of-memory',
  'engine-failed',
  'engine-invalid-proposal',
];

function failureOf({ code, message, limit, reason }: Frame['head']): EngineFailure {
  return {
    code: TOLD.find((known) => known === code) ?? 'engine-crashed',
    message: typeof message === 'string' ? message : 'it failed without a word',
    limit: typeof limit === 'string' ? limit : null,
    reason: typeof reason === 'string' ? reason : null,
  };
}
