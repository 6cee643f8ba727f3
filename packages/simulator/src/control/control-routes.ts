import { AppError, toAppError } from '@spotopt/kernel';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { faultRequest } from '../faults/faults.js';
import { instanceSummary } from '../region/region-state.js';
import type { Instance } from '../region/instance.js';
import type { SimulatedRegion } from '../region/simulated-region.js';

const interruptBody = z.object({
  kind: z.enum(['termination', 'rebalance', 'maintenance', 'crash']).default('termination'),
  noticeSeconds: z.number().nonnegative().optional(),
  rebalanceFirst: z.boolean().default(false),
});

/** A number of instances; `true` is without limit, `false` is none. */
const capacityBody = z.object({
  available: z.union([z.int().nonnegative(), z.boolean(), z.literal('unlimited')]),
  market: z.enum(['spot', 'on-demand']).default('spot'),
  /** Also gives notice to the spot instances that run in the pool. */
  interrupt: z.boolean().default(false),
});

const workloadBody = z.object({ serving: z.boolean(), epoch: z.int().nonnegative() });

const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  'invalid-request': 400,
  'invalid-fault': 400,
  'unknown-instance': 404,
  'unknown-pool': 404,
  'unknown-fault': 404,
  'instance-not-running': 409,
};

function parsed<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  throw AppError.permanent('invalid-request', z.prettifyError(result.error));
}

function instanceOf(region: SimulatedRegion, id: string): Instance {
  const instance = region.instances.get(id);
  if (instance === undefined) throw AppError.permanent('unknown-instance', `there is no instance ${id}`);
  return instance;
}

function interrupt(region: SimulatedRegion, id: string, body: z.output<typeof interruptBody>): void {
  const { kind, noticeSeconds, rebalanceFirst } = body;
  if (kind === 'rebalance') region.recommendRebalance(id);
  else if (kind === 'maintenance') region.scheduleMaintenance(id);
  else if (kind === 'crash') region.crash(id);
  else {
    const notice = noticeSeconds === undefined ? {} : { noticeMs: noticeSeconds * 1000 };
    region.interrupt(id, { rebalanceFirst, ...notice });
  }
}

function setCapacity(region: SimulatedRegion, poolId: string, body: z.output<typeof capacityBody>): void {
  const { available, market } = body;
  const amount = available === true ? 'unlimited' : available === false ? 0 : available;
  region.setCapacity(poolId, amount, { market });
  if (!body.interrupt || market !== 'spot') return;
  for (const instance of region.instances.alive(poolId)) {
    if (instance.market === 'spot') region.interrupt(instance.id);
  }
}

function registerFaultRoutes(server: FastifyInstance, region: SimulatedRegion): void {
  server.get('/_sim/faults', () => ({ faults: region.faults.list(), calls: region.faults.calls() }));
  server.post('/_sim/faults', (request, reply) => {
    reply.code(201);
    return region.faults.add(parsed(faultRequest, request.body));
  });
  server.delete('/_sim/faults', () => {
    region.faults.clear();
    return { faults: [] };
  });
  server.delete<{ Params: { id: string } }>('/_sim/faults/:id', (request) => {
    if (!region.faults.remove(request.params.id)) {
      throw AppError.permanent('unknown-fault', `there is no fault ${request.params.id}`);
    }
    return { removed: request.params.id };
  });
}

/** The simulator's own interface, beside those of AWS: look at the region, and make things happen in it. */
export function registerControlRoutes(server: FastifyInstance, region: SimulatedRegion): void {
  server.addHook('preHandler', (_request, _reply, done) => {
    region.advance();
    done();
  });
  server.setErrorHandler((thrown, _request, reply) => {
    const error = toAppError(thrown);
    return reply.code(STATUS_BY_CODE[error.code] ?? 500).send({ error: error.message, code: error.code });
  });
  server.get('/_sim/state', () => region.state());
  server.get('/_sim/workloads', () => ({ workloads: region.workloads.reports() }));
  server.get<{ Querystring: { after?: string } }>('/_sim/timeline', (request) => ({
    nowMs: region.clock.nowMs(),
    timeline: region.timeline.after(Number(request.query.after ?? 0)),
  }));
  server.post<{ Params: { id: string } }>('/_sim/instances/:id/interrupt', (request) => {
    interrupt(region, request.params.id, parsed(interruptBody, request.body));
    return instanceSummary(region, instanceOf(region, request.params.id));
  });
  server.put<{ Params: { id: string } }>('/_sim/instances/:id/workload', (request) => {
    const { serving, epoch } = parsed(workloadBody, request.body);
    const instance = instanceOf(region, request.params.id);
    region.workloads.report(instance, serving, epoch);
    return instanceSummary(region, instance);
  });
  server.post<{ Params: { pool: string } }>('/_sim/pools/:pool/capacity', (request) => {
    setCapacity(region, request.params.pool, parsed(capacityBody, request.body));
    return region.pools.get(request.params.pool);
  });
  registerFaultRoutes(server, region);
}
