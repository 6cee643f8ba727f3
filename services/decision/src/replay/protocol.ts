import { z } from 'zod';
import type { ReplayAction, ReplayPolicy, StepObservation } from './policy.js';
import type { ReplayMarket, ReplayRules } from './scenario.js';

const Advisor = z.object({ r: z.number().int().min(0).max(4) }).nullish();

const Init = z.object({
  type: z.literal('init'),
  protocol: z.literal(1),
  scenario: z.string(),
  kind: z.enum(['trace', 'prices']),
  start: z.iso.datetime(),
  dt_s: z.number().positive(),
  steps: z.number().int().nonnegative(),
  params: z.object({
    switch_ready_s: z.number().nonnegative(),
    cold_launch_s: z.number().nonnegative(),
    downtime_weight: z.number().nonnegative(),
  }),
  on_demand: z.object({ instance_type: z.string(), usd_h: z.number().positive() }),
  pools: z
    .array(
      z.object({
        id: z.string(),
        region: z.string(),
        az: z.string(),
        instance_type: z.string(),
        on_demand_usd_h: z.number().positive(),
        advisor: Advisor,
      }),
    )
    .min(1),
});

const Placed = z.object({ pool: z.string(), age_s: z.number() });

const Obs = z.object({
  type: z.literal('obs'),
  k: z.number().int().nonnegative(),
  t_s: z.number(),
  price: z.array(z.number()),
  avail: z.array(z.number()),
  on_demand: z.number(),
  primary: Placed.nullable(),
  replica: Placed.extend({ ready: z.boolean() }).nullable(),
  events: z.array(z.unknown()),
});

const Message = z.discriminatedUnion('type', [Init, Obs, z.object({ type: z.literal('end') })]);

export type ProtocolAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'action'; readonly primary: string | null; readonly replica: string | null };

interface Playing {
  readonly policy: ReplayPolicy;
  readonly pools: number;
}

/** One scenario over protocol 1: a message per line in, at most one line out. */
export class ProtocolSession {
  #playing: Playing | null = null;

  constructor(
    private readonly policyFor: (market: ReplayMarket, rules: ReplayRules) => ReplayPolicy,
    /** Told what was wrong with a message, or with the engine. */
    private readonly complain: (problem: string) => void,
  ) {}

  /** Null when the message wants no answer, or was not understood. */
  async answer(line: string): Promise<ProtocolAnswer | null> {
    const message = this.#parse(line);
    if (message === null || message.type === 'end') return null;
    if (message.type === 'init') {
      const { market, rules } = marketOf(message);
      this.#playing = { policy: this.policyFor(market, rules), pools: market.pools.length };
      return { type: 'ready' };
    }
    if (this.#playing === null) {
      this.complain('an observation came before init');
      return null;
    }
    return this.#decide(this.#playing, message);
  }

  async #decide({ policy, pools }: Playing, message: z.output<typeof Obs>): Promise<ProtocolAnswer | null> {
    if (message.price.length !== pools || message.avail.length !== pools) {
      this.complain(`step ${String(message.k)}: expected ${String(pools)} prices and as many availabilities`);
      return null;
    }
    const { primary, replica } = await this.#act(policy, stepOf(message));
    return { type: 'action', primary, replica };
  }

  /** A fault of the engine leaves everything as it is. */
  async #act(policy: ReplayPolicy, step: StepObservation): Promise<ReplayAction> {
    try {
      return await policy.act(step);
    } catch (error) {
      const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.complain(`step ${String(step.step)}: the engine ${policy.name} failed: ${problem}`);
      return { primary: null, replica: step.replica?.pool ?? null };
    }
  }

  #parse(line: string): z.output<typeof Message> | null {
    let document: unknown;
    try {
      document = JSON.parse(line);
    } catch {
      this.complain(`not JSON: ${line.slice(0, 200)}`);
      return null;
    }
    const message = Message.safeParse(document);
    if (message.success) return message.data;
    this.complain(`not a message of protocol 1: ${z.prettifyError(message.error)}`);
    return null;
  }
}

function marketOf(init: z.output<typeof Init>): { market: ReplayMarket; rules: ReplayRules } {
  return {
    market: {
      id: init.scenario,
      kind: init.kind,
      startS: Math.floor(Date.parse(init.start) / 1000),
      stepSeconds: init.dt_s,
      steps: init.steps,
      pools: init.pools.map(({ id, region, az, instance_type, on_demand_usd_h, advisor }) => ({
        id,
        region,
        az,
        instanceType: instance_type,
        onDemandUsdPerHour: on_demand_usd_h,
        advisorBucket: advisor?.r ?? null,
      })),
      onDemand: { instanceType: init.on_demand.instance_type, usdPerHour: init.on_demand.usd_h },
    },
    rules: {
      switchReadySeconds: init.params.switch_ready_s,
      coldLaunchSeconds: init.params.cold_launch_s,
      downtimeWeight: init.params.downtime_weight,
    },
  };
}

function stepOf(message: z.output<typeof Obs>): StepObservation {
  const { primary, replica } = message;
  return {
    step: message.k,
    atS: message.t_s,
    prices: message.price,
    available: message.avail.map((up) => up === 1),
    onDemandUsdPerHour: message.on_demand,
    primary: primary === null ? null : { pool: primary.pool, ageSeconds: primary.age_s },
    replica:
      replica === null ? null : { pool: replica.pool, ageSeconds: replica.age_s, ready: replica.ready },
    // Nothing that decides looks at them: what they changed is in the rest.
    events: [],
  };
}
