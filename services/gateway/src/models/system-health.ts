import { FleetSummary, ModelStatus } from '@spotopt/contracts';
import type { ResponseOf, SystemHealthRoute } from '@spotopt/contracts/http';
import type { CheckReadiness } from '../health/check-readiness.js';
import { askAll } from '../overview/ask-all.js';
import { NO_FLEET } from '../overview/get-stats.js';
import type { ServiceRequests } from '../ports.js';
import { modelHealth } from './model-wire.js';

/** How the parts of the system are (M10); what is not known is not called well. */
export class SystemHealth {
  constructor(
    private readonly parts: {
      readonly requests: ServiceRequests;
      readonly readiness: CheckReadiness;
    },
  ) {}

  async execute(): Promise<ResponseOf<typeof SystemHealthRoute>> {
    const { requests, readiness } = this.parts;
    const [ready, { values, missing }] = await Promise.all([
      readiness.execute(),
      askAll({
        fleet: requests.ask(FleetSummary, { clientId: null }),
        models: requests.ask(ModelStatus, {}),
      }),
    ]);
    const fleet = values.fleet ?? NO_FLEET;
    const { agentsTotal, agentsOnline } = fleet;
    return {
      apiStatus: ready.status,
      timestamp: ready.timestamp,
      database: ready.database,
      broker: ready.broker,
      agents: { total: agentsTotal, online: agentsOnline, offline: agentsTotal - agentsOnline },
      replicas: {
        active: fleet.replicasActive,
        ready: fleet.replicasReady,
        syncing: fleet.replicasSyncing,
      },
      ...modelHealth(values.models),
      partial: missing.length > 0,
      missing,
    };
  }
}
