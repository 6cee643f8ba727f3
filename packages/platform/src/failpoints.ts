import { existsSync, writeFileSync } from 'node:fs';
import { AppError, Failpoints, NoFailpoints } from '@spotopt/kernel';

export interface FailpointSettings {
  /** `name` or `name:count`. */
  readonly spec: string;
  /** Written before the kill; while it exists, the failpoint does nothing, so that a restart survives. */
  readonly onceFile?: string | undefined;
  /** @default SIGKILL to this process */
  readonly kill?: () => void;
}

function killThisProcess(): void {
  process.kill(process.pid, 'SIGKILL');
}

/** Ends the process, without any clean-up, when the named place is reached for the given time. */
export class KillingFailpoints extends Failpoints {
  readonly #name: string;
  readonly #atHit: number;
  readonly #onceFile: string | undefined;
  readonly #kill: () => void;
  #hits = 0;

  /** @throws AppError `failpoint-spec` (permanent) when the spec cannot be read */
  constructor(settings: FailpointSettings) {
    super();
    const match = /^([\w.-]+)(?::([1-9]\d*))?$/.exec(settings.spec);
    if (match === null) {
      throw AppError.permanent(
        'failpoint-spec',
        `SPOTOPT_FAILPOINT is "${settings.spec}"; expected name or name:count`,
      );
    }
    this.#name = match[1] ?? '';
    this.#atHit = Number(match[2] ?? 1);
    this.#onceFile = settings.onceFile;
    this.#kill = settings.kill ?? killThisProcess;
  }

  override hit(name: string): void {
    if (name !== this.#name) return;
    this.#hits += 1;
    if (this.#hits !== this.#atHit) return;
    if (this.#onceFile !== undefined) {
      if (existsSync(this.#onceFile)) return;
      writeFileSync(this.#onceFile, `${this.#name}\n`);
    }
    this.#kill();
  }
}

export function failpointsFrom(spec: string | undefined, onceFile: string | undefined): Failpoints {
  return spec === undefined ? new NoFailpoints() : new KillingFailpoints({ spec, onceFile });
}
