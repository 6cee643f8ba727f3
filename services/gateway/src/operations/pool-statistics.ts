import type { AgentView, PoolFacts } from '@spotopt/contracts';
import type { AllPoolStatisticsRoute, ResponseOf } from '@spotopt/contracts/http';

type Answer = ResponseOf<typeof AllPoolStatisticsRoute>;

interface GroupFigures {
  readonly pools: number;
  readonly instances: number;
  readonly averageSpotPrice: number | null;
}

const PRICE_DECIMALS = 6;

function figuresOf(pools: readonly PoolFacts[], instances: number): GroupFigures {
  const prices = pools.flatMap(({ spotUsdPerHour }) => (spotUsdPerHour === null ? [] : [spotUsdPerHour]));
  const sum = prices.reduce((total, price) => total + price, 0);
  const averageSpotPrice = prices.length === 0 ? null : Number((sum / prices.length).toFixed(PRICE_DECIMALS));
  return { pools: pools.length, instances, averageSpotPrice };
}

function grouped(
  pools: readonly PoolFacts[],
  machines: readonly AgentView[],
  key: 'region' | 'instanceType',
): [string, GroupFigures][] {
  const byPools = Map.groupBy(pools, (pool) => pool[key]);
  const byMachines = Map.groupBy(machines, (machine) => machine[key]);
  const names = [...new Set([...byPools.keys(), ...byMachines.keys()])].sort();
  return names.map((name) => [name, figuresOf(byPools.get(name) ?? [], byMachines.get(name)?.length ?? 0)]);
}

/** The market and where workloads are in it (M14). */
export function poolStatisticsOf(pools: readonly PoolFacts[], agents: readonly AgentView[]): Answer {
  const machines = agents.filter(({ ec2InstanceId }) => ec2InstanceId !== null);
  const distinct = (key: 'region' | 'az' | 'instanceType'): number =>
    new Set(pools.map((pool) => pool[key])).size;
  return {
    overall: {
      totalInstances: machines.length,
      totalRegions: distinct('region'),
      totalZones: distinct('az'),
      totalTypes: distinct('instanceType'),
      totalPools: pools.length,
    },
    byRegion: grouped(pools, machines, 'region').map(([region, figures]) => ({ region, ...figures })),
    byInstanceType: grouped(pools, machines, 'instanceType').map(([instanceType, figures]) => ({
      instanceType,
      ...figures,
    })),
    interruptions: pools
      .filter(({ interruptions }) => interruptions.d30.count > 0)
      .sort((a, b) => b.interruptions.d30.count - a.interruptions.d30.count)
      .map(({ poolId, interruptions: { h24, d7, d30 } }) => ({
        poolId,
        last24Hours: h24.count,
        last7Days: d7.count,
        last30Days: d30.count,
        perInstanceDay: d30.perInstanceDay,
      })),
  };
}
