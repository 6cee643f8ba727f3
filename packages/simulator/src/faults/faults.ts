import { AppError, type Clock, type Ids } from '@spotopt/kernel';
import { z } from 'zod';
import { awsError, dropConnection } from '../aws/aws-error.js';
import type { Market } from '../region/instance.js';

/**
 * What goes wrong:
 * - `throttle`: `RequestLimitExceeded` (503) before acting;
 * - `fail-before`: an error (500 `InternalError` unless `code` says otherwise) without acting;
 * - `fail-after`: the same error, but the call has had its effect;
 * - `drop-before`, `drop-after`: the connection is closed instead of an answer;
 * - `not-found`: an instance launched less than `durationMs` ago is not found yet;
 * - `insufficient-capacity`: launches find no capacity (`pool`, `market` narrow it);
 * - `duplicate`: a message sent to a queue is delivered twice;
 * - `reorder`: a receive takes messages in random order;
 * - `tag-condition`: terminating needs `tag` on the instance, else `UnauthorizedOperation`.
 */
const faultKind = z.enum([
  'throttle',
  'fail-before',
  'fail-after',
  'drop-before',
  'drop-after',
  'not-found',
  'insufficient-capacity',
  'duplicate',
  'reorder',
  'tag-condition',
]);

export const faultRequest = z.object({
  kind: faultKind,
  /** Name of the AWS operation, for example `RunInstances`; `*` is every one. */
  operation: z.string().min(1).default('*'),
  /** Fires at most so often; without it, until removed. */
  times: z.int().positive().optional(),
  /** Calls that pass before it fires first. */
  skip: z.int().nonnegative().default(0),
  probability: z.number().min(0).max(1).default(1),
  code: z.string().min(1).optional(),
  message: z.string().optional(),
  httpStatus: z.int().min(400).max(599).optional(),
  durationMs: z.int().positive().optional(),
  pool: z.string().min(1).optional(),
  market: z.enum(['spot', 'on-demand']).optional(),
  tag: z.object({ key: z.string().min(1), value: z.string().optional() }).optional(),
});

export type FaultRequest = z.input<typeof faultRequest>;
type FaultKind = z.infer<typeof faultKind>;
type FaultSettings = z.output<typeof faultRequest>;

export interface Fault extends FaultSettings {
  readonly id: string;
  readonly addedAtMs: number;
  /** Calls that matched, also those that were let pass. */
  matched: number;
  fired: number;
}

/** Faults to inject, with counters that show that they fired. */
export class Faults {
  readonly #faults = new Map<string, Fault>();
  readonly #calls = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly ids: Ids,
    private readonly random: () => number,
  ) {}

  add(request: FaultRequest): Fault {
    const parsed = faultRequest.safeParse(request);
    if (!parsed.success) throw AppError.permanent('invalid-fault', z.prettifyError(parsed.error));
    const fault = {
      ...parsed.data,
      id: this.ids.next(),
      addedAtMs: this.clock.nowMs(),
      matched: 0,
      fired: 0,
    };
    this.#faults.set(fault.id, fault);
    return fault;
  }

  remove(id: string): boolean {
    return this.#faults.delete(id);
  }

  clear(): void {
    this.#faults.clear();
  }

  list(): Fault[] {
    return [...this.#faults.values()];
  }

  calls(): Record<string, number> {
    return Object.fromEntries([...this.#calls].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Counts the call and fails it when a fault says so. */
  beforeActing(operation: string): void {
    this.#calls.set(operation, (this.#calls.get(operation) ?? 0) + 1);
    const throttle = this.#fire('throttle', operation);
    if (throttle !== undefined) {
      const message = throttle.message ?? 'Request limit exceeded.';
      throw awsError(throttle.code ?? 'RequestLimitExceeded', message, throttle.httpStatus ?? 503);
    }
    if (this.#fire('drop-before', operation) !== undefined) throw dropConnection();
    this.#failWith(this.#fire('fail-before', operation));
  }

  /** Fails a call that has had its effect. */
  afterActing(operation: string): void {
    if (this.#fire('drop-after', operation) !== undefined) throw dropConnection();
    this.#failWith(this.#fire('fail-after', operation));
  }

  /** True when an instance of this launch time must not be found yet. */
  hides(operation: string, launchedAtMs: number): boolean {
    const nowMs = this.clock.nowMs();
    const isYoung = (fault: Fault): boolean =>
      launchedAtMs >= fault.addedAtMs && nowMs < launchedAtMs + (fault.durationMs ?? 5_000);
    return this.#fire('not-found', operation, isYoung) !== undefined;
  }

  refusesCapacity(operation: string, poolId: string, market: Market): boolean {
    const matches = (fault: Fault): boolean =>
      (fault.pool === undefined || fault.pool === poolId) &&
      (fault.market === undefined || fault.market === market);
    return this.#fire('insufficient-capacity', operation, matches) !== undefined;
  }

  duplicatesMessage(): boolean {
    return this.#fire('duplicate') !== undefined;
  }

  reordersMessages(): boolean {
    return this.#fire('reorder') !== undefined;
  }

  /** True when a tag condition forbids to terminate an instance with these tags. */
  forbidsTermination(tags: ReadonlyMap<string, string>): boolean {
    const isBroken = ({ tag }: Fault): boolean => {
      if (tag === undefined) return false;
      return tag.value === undefined ? !tags.has(tag.key) : tags.get(tag.key) !== tag.value;
    };
    return this.#fire('tag-condition', undefined, isBroken) !== undefined;
  }

  #failWith(fault: Fault | undefined): void {
    if (fault === undefined) return;
    const message = fault.message ?? 'An internal error has occurred';
    throw awsError(fault.code ?? 'InternalError', message, fault.httpStatus ?? 500);
  }

  /** `operation` is undefined for kinds that belong to one operation anyway. */
  #fire(
    kind: FaultKind,
    operation?: string,
    matches: (fault: Fault) => boolean = () => true,
  ): Fault | undefined {
    for (const fault of this.#faults.values()) {
      if (fault.kind !== kind || !isFor(fault, operation) || !matches(fault)) continue;
      fault.matched += 1;
      if (fault.matched <= fault.skip || !this.#isChosen(fault)) continue;
      fault.fired += 1;
      return fault;
    }
    return undefined;
  }

  #isChosen({ probability }: Fault): boolean {
    return probability >= 1 || this.random() < probability;
  }
}

function isFor({ operation: wanted, times, fired }: Fault, operation: string | undefined): boolean {
  const isOperation = operation === undefined || wanted === '*' || wanted === operation;
  return isOperation && (times === undefined || fired < times);
}
