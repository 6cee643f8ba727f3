import type { ServiceDefinition } from '@spotopt/platform';
import { type ReplicaConfig, replicaConfig } from './config.js';
import { AgentRow, InstallationRow, InstanceRow } from './fleet/fleet-rows.store.js';
import { Fleet1763700000000 } from './migrations/1763700000000-fleet.js';
import { RetentionIndexes } from './migrations/1764400000000-retention-indexes.js';
import { TenantPoolBlocks } from './migrations/1765000000000-tenant-pool-blocks.js';
import { PoolBlockRow, PoolRow, TenantPoolBlockRow } from './pools/pool.store.js';
import { LISTENERS, ReplicaModule } from './replica.module.js';
import { SwitchRow, SwitchStepRow } from './switching/switch.store.js';

export const replicaService: ServiceDefinition<ReplicaConfig> = {
  name: 'replica',
  config: replicaConfig,
  entities: [
    AgentRow,
    InstallationRow,
    InstanceRow,
    SwitchRow,
    SwitchStepRow,
    PoolRow,
    PoolBlockRow,
    TenantPoolBlockRow,
  ],
  migrations: [Fleet1763700000000, RetentionIndexes, TenantPoolBlocks],
  listeners: LISTENERS,
  createModule: (context) => ReplicaModule.create(context),
};

export type { ReplicaConfig } from './config.js';
