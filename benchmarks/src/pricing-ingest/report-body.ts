const POOLS = 10;
const TYPE = 'c5.large';
const REGION = 'us-east-1';
const ON_DEMAND_USD = 0.085;
const DAY_MS = 86_400_000;

const poolId = (index: number): string => `${TYPE}.${zone(index)}`;
const zone = (index: number): string => `${REGION}${String.fromCharCode('a'.charCodeAt(0) + index)}`;
const price = (index: number): number => 0.03 + index / 1_000;

/** Pools in every report. */
export const POOLS_PER_REPORT = POOLS;

/** Moments that lie before now and come once each: a clock that runs ahead would be corrected. */
export class ObservedTimes {
  #lastMs: number;

  constructor(nowMs: number) {
    this.#lastMs = nowMs - DAY_MS;
  }

  next(): string {
    this.#lastMs += 1;
    return new Date(this.#lastMs).toISOString();
  }
}

/** Reports of one machine in the words of deployed agents, each with an observed time of its own. */
export class ReportBodies {
  readonly #head: string;

  constructor(
    ec2InstanceId: string,
    private readonly times: ObservedTimes,
  ) {
    this.#head = headOf(ec2InstanceId);
  }

  next(): string {
    return `${this.#head}"${this.times.next()}"}}`;
  }
}

/** Everything but the observed time, which comes last. */
function headOf(ec2InstanceId: string): string {
  const body = {
    instance: {
      instance_id: ec2InstanceId,
      instance_type: TYPE,
      region: REGION,
      az: zone(0),
      mode: 'spot',
      pool_id: poolId(0),
    },
    pricing: {
      on_demand_price: ON_DEMAND_USD,
      current_spot_price: price(0),
      cheapest_pool: { pool_id: poolId(0), price: price(0) },
      spot_pools: Array.from({ length: POOLS }, (_, index) => ({
        pool_id: poolId(index),
        instance_type: TYPE,
        az: zone(index),
        price: price(index),
      })),
      collected_at: '',
    },
  };
  const text = JSON.stringify(body);
  return text.slice(0, text.lastIndexOf('""'));
}
