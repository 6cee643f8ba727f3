import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AwsSettings } from '@spotopt/cloud';
import { AppError } from '@spotopt/kernel';
import type { Ec2Method, Ec2Request, Ec2Response } from './ec2-protocol.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const TASK_FILE = fileURLToPath(new URL('../ec2-task.js', import.meta.url));

/**
 * A process that holds the EC2 SDK only while it is needed: the SDK takes more memory than the rest of the
 * agent together. It ends after `idleMs` without a call; the next call starts another.
 */
export class Ec2Child {
  readonly #waiting = new Map<number, Waiting>();
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  constructor(
    private readonly settings: AwsSettings,
    private readonly idleMs = 3_000,
  ) {}

  call(method: Ec2Method, args: readonly unknown[]): Promise<unknown> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: Ec2Request = { kind: 'call', id, method, args };
      child.send(request);
    });
  }

  close(): void {
    clearTimeout(this.#idle);
    this.#child?.disconnect();
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = fork(TASK_FILE, [], {
      serialization: 'advanced',
      execArgv: ['--max-semi-space-size=1', '--optimize-for-size'],
    });
    child.on('message', (message) => {
      this.#settle(message as Ec2Response);
    });
    child.on('error', (cause) => {
      this.#lost(child, cause.message);
    });
    child.on('exit', (code, signal) => {
      this.#lost(child, `it ended with ${String(code ?? signal)}`);
    });
    const open: Ec2Request = { kind: 'open', settings: this.settings };
    child.send(open);
    return child;
  }

  #settle(response: Ec2Response): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (this.#waiting.size === 0) {
      this.#idle = setTimeout(() => {
        this.close();
      }, this.idleMs).unref();
    }
    if (waiting === undefined) return;
    if (response.ok) {
      waiting.resolve(response.value);
      return;
    }
    const { code, kind, message } = response.failure;
    waiting.reject(new AppError(code, kind, message));
  }

  /** Whatever was under way may or may not have been done. */
  #lost(child: ChildProcess, why: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const { reject } of this.#waiting.values()) {
      reject(AppError.transient('cloud-unavailable', `the process that talks to EC2 is gone: ${why}`));
    }
    this.#waiting.clear();
  }
}
