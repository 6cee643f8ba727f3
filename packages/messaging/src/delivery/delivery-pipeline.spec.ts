import { describe, expect, it } from '@jest/globals';
import { AppError, Clock } from '@spotopt/kernel';
import { recordingLogger } from '@spotopt/testkit';
import fc from 'fast-check';
import { MemoryAttemptStore } from '../memory-attempt.store.js';
import type { Delivery } from '../message-bus.js';
import { DeliveryPipeline } from './delivery-pipeline.js';
import type { ParkingNote, Settlement } from './settlement.js';

class InstantClock extends Clock {
  override nowMs(): number {
    return 0;
  }

  override async sleep(): Promise<void> {
    await new Promise(setImmediate);
  }
}

type Outcome = 'ok' | 'transient' | 'bug' | 'permanent' | 'outage';

interface Plan {
  readonly lane: string;
  /** What the handler does at each run; afterwards it succeeds. */
  readonly outcomes: readonly Outcome[];
  readonly parkingFails: number;
  readonly fresh: boolean;
}

const MAX_ATTEMPTS = 3;

function deliveryOf(id: number, lane: string): Delivery {
  return {
    messageId: String(id),
    exchange: 'spotopt.events',
    routingKey: 'k',
    type: 't',
    contentType: 'application/json',
    body: '{}',
    correlationId: undefined,
    headers: { lane },
    redelivered: false,
  };
}

function errorFor(outcome: Outcome): Error | undefined {
  switch (outcome) {
    case 'ok':
      return undefined;
    case 'transient':
      return AppError.transient('throttled', 'later');
    case 'bug':
      return new Error('bug');
    case 'permanent':
      return AppError.permanent('gone', 'gone');
    case 'outage':
      return AppError.transient('database-unavailable', 'down');
  }
}

/** What must become of a message, said in another way than the pipeline says it. */
function expectedEnd(plan: Plan): string {
  let failed = 0;
  for (const outcome of plan.outcomes) {
    if (outcome === 'ok') return 'acknowledged';
    if (outcome === 'outage') continue;
    failed += 1;
    if (outcome === 'permanent') return `permanent after ${String(failed)}`;
    if (failed === MAX_ATTEMPTS) return `too-many-attempts after ${String(failed)}`;
  }
  return 'acknowledged';
}

class Bench {
  readonly ends: string[][];
  readonly finished: number[] = [];
  readonly attempts = new MemoryAttemptStore();
  readonly lost = new AbortController();
  readonly logger = recordingLogger();
  readonly pipeline: DeliveryPipeline;
  readonly #runs: number[];
  handled = 0;
  onHandled: () => void = () => undefined;

  constructor(private readonly plans: readonly Plan[]) {
    this.ends = plans.map(() => []);
    this.#runs = plans.map(() => 0);
    this.pipeline = new DeliveryPipeline(
      {
        queue: 'q',
        maxAttempts: MAX_ATTEMPTS,
        laneOf: (delivery) => delivery.headers['lane'] ?? '',
        handler: async (delivery) => {
          await new Promise(setImmediate);
          this.handled += 1;
          this.onHandled();
          const error = errorFor(this.#nextOutcome(Number(delivery.messageId)));
          if (error !== undefined) throw error;
        },
      },
      { clock: new InstantClock(), attempts: this.attempts, logger: this.logger, random: () => 0.5 },
    );
  }

  acceptAll(): void {
    this.plans.forEach((plan, id) => {
      this.pipeline.accept(deliveryOf(id, plan.lane), this.#settlement(id, plan));
    });
  }

  async untilSettled(): Promise<void> {
    while (this.ends.some((ends) => ends.length === 0)) await new Promise(setImmediate);
  }

  #nextOutcome(id: number): Outcome {
    const run = this.#runs[id] ?? 0;
    this.#runs[id] = run + 1;
    return this.plans[id]?.outcomes[run] ?? 'ok';
  }

  #settlement(id: number, plan: Plan): Settlement {
    let parkingFails = plan.parkingFails;
    const end = (how: string) => {
      this.ends[id]?.push(how);
      this.finished.push(id);
    };
    return {
      lost: this.lost.signal,
      fresh: plan.fresh,
      acknowledge: () => {
        end('acknowledged');
      },
      park: (note: ParkingNote) => {
        if (parkingFails > 0) {
          parkingFails -= 1;
          return Promise.reject(new Error('no parking place'));
        }
        end(`${note.reason} after ${String(note.attempts)}`);
        return Promise.resolve();
      },
      giveBack: () => {
        end('given back');
      },
    };
  }
}

const plans = fc.array(
  fc.record({
    lane: fc.constantFrom('a', 'b', 'c'),
    outcomes: fc.array(fc.constantFrom<Outcome>('ok', 'transient', 'bug', 'permanent', 'outage'), {
      maxLength: 6,
    }),
    parkingFails: fc.integer({ min: 0, max: 2 }),
    fresh: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);
const seeded = { seed: 20_261_121, numRuns: 150 };

describe('DeliveryPipeline', () => {
  it('ends every delivery once, as its failures demand, in the order of its lane', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (given) => {
        const bench = new Bench(given);
        bench.acceptAll();
        await bench.untilSettled();
        expect(bench.ends).toEqual(given.map((plan) => [expectedEnd(plan)]));
        for (const lane of ['a', 'b', 'c']) {
          const inLane = bench.finished.filter((id) => given[id]?.lane === lane);
          expect(inLane).toEqual([...inLane].sort((left, right) => left - right));
        }
      }),
      seeded,
    );
  });

  it('ends every delivery once when it is drained at any moment, and starts nothing after that', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.integer({ min: 0, max: 20 }), async (given, drainAfter) => {
        const bench = new Bench(given);
        let drained: Promise<void> | undefined;
        bench.onHandled = () => {
          if (bench.handled >= drainAfter) drained ??= bench.pipeline.drain();
        };
        bench.acceptAll();
        if (drainAfter === 0) drained = bench.pipeline.drain();
        await bench.untilSettled();
        await (drained ?? bench.pipeline.drain());
        const handledAtEnd = bench.handled;
        for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        expect(bench.handled).toBe(handledAtEnd);
        bench.ends.forEach((ends, id) => {
          expect(ends).toHaveLength(1);
          expect([expectedEnd(given[id]!), 'given back']).toContain(ends[0]);
        });
      }),
      seeded,
    );
  });

  it('settles nothing any more once the transport is lost', async () => {
    const bench = new Bench([
      { lane: 'a', outcomes: ['transient', 'transient'], parkingFails: 0, fresh: true },
    ]);
    bench.onHandled = () => {
      bench.lost.abort();
    };
    bench.acceptAll();
    while (bench.handled === 0) await new Promise(setImmediate);
    await bench.pipeline.drain();
    expect(bench.handled).toBe(1);
    expect(bench.ends).toEqual([[]]);
  });

  it('parks a message whose attempts never came to an end', async () => {
    const bench = new Bench([{ lane: 'a', outcomes: [], parkingFails: 0, fresh: false }]);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) await bench.attempts.begin('q', '0');
    bench.acceptAll();
    await bench.untilSettled();
    expect(bench.handled).toBe(0);
    expect(bench.ends).toEqual([[`too-many-attempts after ${String(MAX_ATTEMPTS)}`]]);
  });

  it('writes no count for a fresh message that succeeds, and leaves none behind', async () => {
    const bench = new Bench([
      { lane: 'a', outcomes: [], parkingFails: 0, fresh: true },
      { lane: 'b', outcomes: ['transient'], parkingFails: 0, fresh: true },
      { lane: 'c', outcomes: ['transient'], parkingFails: 0, fresh: false },
    ]);
    bench.acceptAll();
    await bench.untilSettled();
    await bench.pipeline.drain();
    expect(await Promise.all(['0', '1', '2'].map((id) => bench.attempts.begin('q', id)))).toEqual([1, 1, 1]);
  });
});
