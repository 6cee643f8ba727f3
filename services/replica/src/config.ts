import { awsSettings, setting } from '@spotopt/platform';
import { z } from 'zod';

export const replicaConfig = z.object({
  agentOfflineAfterSeconds: setting
    .integer('Silence of a primary after which its agent counts as offline.', { min: 60, max: 86_400 })
    .default(300),
  reconcileIntervalSeconds: setting
    .integer('Time between two passes that repair whatever events missed.', { min: 1, max: 600 })
    .default(10),
  awsRegion: setting
    .text('AWS region of the addresses that a switch moves.', 'an AWS region')
    .default('us-east-1'),
  ...awsSettings,
});
export type ReplicaConfig = z.output<typeof replicaConfig>;
