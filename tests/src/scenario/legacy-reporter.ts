import type { Clock } from '@spotopt/kernel';
import { z } from 'zod';
import { Api } from './api.js';
import type { World } from './world.js';

const REPORT_EVERY_MS = 5 * 60_000;
const EC2_INSTANCE_ID = 'i-0legacy00000000001';

const Token = z.object({ token: z.string() });
const Registered = z.object({ agent_id: z.string() });

export interface LegacyReporterSettings {
  readonly instanceType: string;
  readonly region: string;
  /** The one pool that it knows. */
  readonly poolId: string;
  readonly az: string;
}

/** An agent of an older kind: it runs in one pool and reports the price of that pool only. */
export class LegacyReporter {
  readonly #stopped = new AbortController();
  #done: Promise<void> = Promise.resolve();
  reports = 0;

  private constructor(
    private readonly world: World,
    private readonly settings: LegacyReporterSettings,
    private readonly agent: { readonly api: Api; readonly agentId: string },
  ) {}

  static async start(world: World, settings: LegacyReporterSettings): Promise<LegacyReporter> {
    const { token } = Token.parse(await world.api.get(`/api/admin/clients/${world.clientId}/token`));
    const api = new Api(world.gatewayUrl, token);
    const { agent_id: agentId } = Registered.parse(
      await api.post('/api/agents/register', {
        logical_agent_id: 'legacy-1',
        instance_id: EC2_INSTANCE_ID,
        instance_type: settings.instanceType,
        region: settings.region,
        az: settings.az,
        mode: 'spot',
        agent_version: '3.2.0',
      }),
    );
    await world.api.post(`/api/client/agents/${agentId}/config`, { autoSwitchEnabled: false });
    const reporter = new LegacyReporter(world, settings, { api, agentId });
    reporter.#done = reporter.#reportUntilStopped(world.clock);
    return reporter;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#done;
  }

  async #reportUntilStopped(clock: Clock): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      await this.#report(clock.nowMs());
      // In the middle of each five minutes, so that one that is late by a little still belongs to its own.
      const nextMs = (Math.floor(clock.nowMs() / REPORT_EVERY_MS) + 1.5) * REPORT_EVERY_MS;
      await clock.sleep(nextMs - clock.nowMs(), signal);
    }
  }

  async #report(nowMs: number): Promise<void> {
    const { agentId, api } = this.agent;
    const price = this.world.simulator.priceBook.priceAt(this.settings.poolId, nowMs);
    if (price === undefined) return;
    await api.post(`/api/agents/${agentId}/heartbeat`, { instance_id: EC2_INSTANCE_ID, status: 'online' });
    await api.post(`/api/agents/${agentId}/pricing-report`, {
      pool_id: this.settings.poolId,
      spot_price: price.usdPerHour,
      timestamp: new Date(nowMs).toISOString(),
      is_replica: false,
    });
    this.reports += 1;
  }
}
