import type { World } from './world.js';

/** Pool ids of the machine's instance type, in every zone. */
export function poolsOf(world: World, ec2InstanceId: string): string[] {
  const type = world.simulator.region.instances.get(ec2InstanceId)?.instanceType;
  return world.simulator.priceBook.pools
    .filter((pool) => pool.instanceType === type)
    .map((pool) => `${pool.instanceType}.${pool.zone}`);
}
