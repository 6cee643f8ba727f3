import type { ServiceDefinition } from '@spotopt/platform';
import { type EmergencyConfig, emergencyConfig } from './config.js';
import { EmergencyModule, LISTENERS } from './emergency.module.js';
import { IncidentRow, IncidentSignalRow } from './incident/incident.store.js';
import { MachineRow } from './machines/machine.store.js';
import { Incidents1763700000000 } from './migrations/1763700000000-incidents.js';
import { RetentionIndexes } from './migrations/1764400000000-retention-indexes.js';
import { PriceChangeRow } from './risk/price.store.js';

export const emergencyService: ServiceDefinition<EmergencyConfig> = {
  name: 'emergency',
  config: emergencyConfig,
  entities: [IncidentRow, IncidentSignalRow, MachineRow, PriceChangeRow],
  migrations: [Incidents1763700000000, RetentionIndexes],
  listeners: LISTENERS,
  createModule: (context) => EmergencyModule.create(context),
};

export type { EmergencyConfig } from './config.js';
