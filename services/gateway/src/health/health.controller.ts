import { Header, Res } from '@nestjs/common';
import type { ResponseOf } from '@spotopt/contracts/http';
import {
  HealthRoute,
  LiveRoute,
  MetricsRoute,
  OpenApiRoute,
  ROUTES,
  RootRoute,
  openApiOf,
} from '@spotopt/contracts/http';
import { Metrics } from '@spotopt/platform';
import type { FastifyReply } from 'fastify';
import { Routes, Serves } from '../route.js';
import { CheckReadiness } from './check-readiness.js';

const VERSION = '0.1.0';

@Routes()
export class HealthController {
  readonly #openApi = openApiOf(ROUTES, VERSION);

  constructor(
    private readonly readiness: CheckReadiness,
    private readonly metrics: Metrics,
  ) {}

  @Serves(RootRoute)
  root(): ResponseOf<typeof RootRoute> {
    return { service: 'spot-optimizer', version: VERSION, status: 'running' };
  }

  @Serves(LiveRoute)
  live(): ResponseOf<typeof LiveRoute> {
    return { status: 'up' };
  }

  @Serves(HealthRoute)
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<ResponseOf<typeof HealthRoute>> {
    const report = await this.readiness.execute();
    if (report.status !== 'healthy') void reply.status(503);
    return report;
  }

  @Serves(MetricsRoute)
  async metricsText(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    void reply.type(this.metrics.contentType);
    return this.metrics.text();
  }

  @Serves(OpenApiRoute)
  @Header('cache-control', 'max-age=300')
  openApi(): ResponseOf<typeof OpenApiRoute> {
    return this.#openApi as ResponseOf<typeof OpenApiRoute>;
  }
}
