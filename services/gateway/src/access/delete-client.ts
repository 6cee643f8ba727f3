import { DeleteAgent, ListAgents } from '@spotopt/contracts';
import { hasCode } from '@spotopt/kernel';
import type { ServiceRequests } from '../ports.js';
import type { Authenticate } from './authenticate.js';
import type { ManageClients } from './manage-clients.js';

export interface DeleteClientParts {
  readonly clients: ManageClients;
  readonly authenticate: Authenticate;
  readonly requests: ServiceRequests;
}

const TIMEOUT_MS = 5_000;

/** Ends a tenant: first its token, then its agents, then its record (CT-127). May be called again after a failure. */
export class DeleteClient {
  constructor(private readonly parts: DeleteClientParts) {}

  /** @throws AppError `not-found` (permanent), or (transient) when the owner of the agents does not answer */
  async execute(clientId: string): Promise<void> {
    const { clients, authenticate, requests } = this.parts;
    await clients.deactivate(clientId);
    authenticate.forgetAll();
    const { agents } = await requests.ask(ListAgents, { clientId });
    for (const { agentId } of agents) await this.#deleteAgent(clientId, agentId);
    await clients.delete(clientId);
  }

  async #deleteAgent(clientId: string, agentRef: string): Promise<void> {
    try {
      await this.parts.requests.ask(DeleteAgent, { clientId, agentRef }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!hasCode(error, 'not-found') && !hasCode(error, 'agent-not-found')) throw error;
    }
  }
}
