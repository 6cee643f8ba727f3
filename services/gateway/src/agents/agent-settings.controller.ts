import { Param } from '@nestjs/common';
import { ChangeAgentSettings, DeleteAgent, GetAgentConfig } from '@spotopt/contracts';
import type { AgentSettings } from '@spotopt/contracts';
import type { BodyOf, ResponseOf } from '@spotopt/contracts/http';
import { ChangeSettingsRoute, DeleteAgentRoute, ToggleEnabledRoute } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { BodyFor, By, Routes, Serves } from '../route.js';
import { toConfig, toSettingsChange } from './agent-wire.js';

const WRITE_TIMEOUT_MS = 5_000;

@Routes()
export class AgentSettingsController {
  constructor(private readonly requests: ServiceRequests) {}

  @Serves(ChangeSettingsRoute)
  async change(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(ChangeSettingsRoute) body: BodyOf<typeof ChangeSettingsRoute>,
  ): Promise<ResponseOf<typeof ChangeSettingsRoute>> {
    const changes = toSettingsChange(body);
    if (changes.autoSwitchEnabled === true && changes.manualReplicaEnabled === true) {
      throw AppError.permanent(
        'settings-conflict',
        'automatic switching and a manual replica exclude each other: turn on one of them',
      );
    }
    return this.#apply(caller, agentId, changes);
  }

  @Serves(ToggleEnabledRoute)
  async toggle(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
    @BodyFor(ToggleEnabledRoute) body: BodyOf<typeof ToggleEnabledRoute>,
  ): Promise<ResponseOf<typeof ToggleEnabledRoute>> {
    const enabled = body?.enabled ?? !(await this.#isEnabled(caller, agentId));
    return this.#apply(caller, agentId, { enabled });
  }

  @Serves(DeleteAgentRoute)
  async delete(
    @By() caller: Caller,
    @Param('agentId') agentId: string,
  ): Promise<ResponseOf<typeof DeleteAgentRoute>> {
    const request = { clientId: scopeOf(caller), agentRef: agentId };
    const deleted = await this.requests.ask(DeleteAgent, request, { timeoutMs: WRITE_TIMEOUT_MS });
    return { success: true, status: 'success', agent_id: deleted.agentId, message: 'agent deleted' };
  }

  async #isEnabled(caller: Caller, agentId: string): Promise<boolean> {
    const request = { clientId: scopeOf(caller), agentRef: agentId };
    return (await this.requests.ask(GetAgentConfig, request)).settings.enabled;
  }

  async #apply(
    caller: Caller,
    agentId: string,
    changes: Partial<AgentSettings>,
  ): Promise<ResponseOf<typeof ChangeSettingsRoute>> {
    const request = { clientId: scopeOf(caller), agentRef: agentId, changes };
    const { settings } = await this.requests.ask(ChangeAgentSettings, request, {
      timeoutMs: WRITE_TIMEOUT_MS,
    });
    return {
      success: true,
      status: 'success',
      message: 'settings saved',
      ...toConfig(settings, settings.enabled),
    };
  }
}
