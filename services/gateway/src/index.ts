import type { ServiceDefinition } from '@spotopt/platform';
import { ClientRow } from './access/client.store.js';
import { IdempotencyRow } from './access/idempotency.store.js';
import { CommandRow } from './commands/command.store.js';
import { gatewayConfig } from './config.js';
import type { GatewayConfig } from './config.js';
import { ActivityRow, NotificationRow } from './events/activity.store.js';
import { EventLogRow } from './events/event-log.store.js';
import { CONTROLLERS, GatewayModule } from './gateway.module.js';
import { configureHttp, createHttpAdapter } from './http-setup.js';
import { Gateway1763700000000 } from './migrations/1763700000000-gateway.js';
import { FinishedCommandsIndex1764100000000 } from './migrations/1764100000000-finished-commands-index.js';

export const gatewayService: ServiceDefinition<GatewayConfig> = {
  name: 'gateway',
  config: gatewayConfig,
  entities: [ClientRow, IdempotencyRow, CommandRow, EventLogRow, ActivityRow, NotificationRow],
  migrations: [Gateway1763700000000, FinishedCommandsIndex1764100000000],
  listeners: CONTROLLERS,
  createModule: (context) => GatewayModule.with(context),
  http: true,
  createHttpAdapter,
  configureHttp,
};

export { gatewayConfig } from './config.js';
export type { GatewayConfig } from './config.js';
