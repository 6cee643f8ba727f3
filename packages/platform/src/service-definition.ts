import type { DynamicModule, INestApplication, Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import type { ServiceName } from '@spotopt/contracts';
import type { Clock, Failpoints, Ids } from '@spotopt/kernel';
import type { MessageBus, RpcClient } from '@spotopt/messaging';
import type { Database } from '@spotopt/persistence';
import type { z } from 'zod';
import type { Logger } from './logging.js';
import type { Metrics } from './metrics.js';

/** What a service gets from whoever runs it: its own process, or one that runs all services. */
export interface ServiceContext<Config> {
  readonly config: Config;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Value in [0, 1) for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly failpoints: Failpoints;
  readonly bus: MessageBus;
  readonly rpc: RpcClient;
  /** This service's own schema: migrated, with unit of work, outbox, inbox and leases. */
  readonly database: Database;
}

/** How to run one service; the same value serves a process of its own and the standalone one. */
export interface ServiceDefinition<Config = unknown> {
  readonly name: ServiceName;
  /** Settings beyond those of the platform (database, broker, log level, clock). */
  readonly config: z.ZodType<Config>;
  readonly entities: readonly Type[];
  readonly migrations: readonly Type[];
  /** The classes of the module that take messages or requests, for those who want to know what it listens to. */
  readonly listeners: readonly Type[];
  /** Nest module with consumers, controllers and jobs. */
  readonly createModule: (context: ServiceContext<Config>) => DynamicModule;
  /** True for the gateway only: the module has HTTP controllers and is served on the configured port. */
  readonly http?: boolean;
  /** With `http`: makes the web server, for example `new FastifyAdapter()`. */
  readonly createHttpAdapter?: (context: ServiceContext<Config>) => AbstractHttpAdapter;
  /** With `http`: pipes, filters, static files, … set up before the module starts and the port is opened. */
  readonly configureHttp?: (app: INestApplication, context: ServiceContext<Config>) => Promise<void> | void;
}
