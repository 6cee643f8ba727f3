import { z } from 'zod';
import type { SimulatedRegion } from './simulated-region.js';

/** What of a region survives the end of its process: machines that run or boot, and addresses. */
export const RegionSnapshot = z.object({
  takenAtMs: z.number(),
  /** First price of the region, so that generated prices can be made again. */
  pricesFromMs: z.number(),
  instances: z.array(
    z.object({
      id: z.string(),
      poolId: z.string(),
      instanceType: z.string(),
      zone: z.string(),
      market: z.enum(['spot', 'on-demand']),
      imageId: z.string(),
      userData: z.string().optional(),
      keyName: z.string().optional(),
      iamInstanceProfile: z.string().optional(),
      securityGroupIds: z.array(z.string()),
      clientToken: z.string(),
      reservationId: z.string(),
      spotRequestId: z.string().optional(),
      privateIp: z.string(),
      launchedAtMs: z.number(),
      runningAtMs: z.number(),
      statusOkAtMs: z.number(),
      tags: z.array(z.tuple([z.string(), z.string()])),
    }),
  ),
  addresses: z.array(
    z.object({
      allocationId: z.string(),
      publicIp: z.string(),
      tags: z.array(z.tuple([z.string(), z.string()])),
      associationId: z.string().optional(),
      instanceId: z.string().optional(),
    }),
  ),
});
export type RegionSnapshot = z.infer<typeof RegionSnapshot>;

/** A machine under notice is left out: its two minutes would pass while nobody looks. */
export function snapshotRegion(region: SimulatedRegion): RegionSnapshot {
  region.advance();
  return RegionSnapshot.parse({
    takenAtMs: region.clock.nowMs(),
    pricesFromMs: region.priceBook.firstAt,
    instances: region.instances
      .alive()
      .filter((instance) => instance.interruption === undefined)
      .map((instance) => ({ ...instance, tags: [...instance.tags] })),
    addresses: region.addresses.all().map((address) => ({ ...address, tags: [...address.tags] })),
  });
}

/** Call before anything is launched, on a clock that does not run behind the snapshot. */
export function restoreRegion(region: SimulatedRegion, snapshot: RegionSnapshot): void {
  for (const saved of snapshot.instances) {
    const { userData, keyName, iamInstanceProfile, spotRequestId, ...instance } = saved;
    region.instances.restore({
      ...instance,
      ...(userData === undefined ? {} : { userData }),
      ...(keyName === undefined ? {} : { keyName }),
      ...(iamInstanceProfile === undefined ? {} : { iamInstanceProfile }),
      spotRequestId,
      tags: new Map(saved.tags),
      maintenance: [],
      publicIp: undefined,
      rebalanceNoticedAtMs: undefined,
      interruption: undefined,
      shuttingDownAtMs: undefined,
      terminatedAtMs: undefined,
      endCause: undefined,
    });
  }
  for (const saved of snapshot.addresses) {
    region.addresses.restore({
      ...saved,
      tags: new Map(saved.tags),
      associationId: saved.associationId,
      instanceId: saved.instanceId,
    });
  }
}
