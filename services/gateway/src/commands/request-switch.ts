import { PoolId, RequestSwitch as RequestSwitchRpc } from '@spotopt/contracts';
import { normaliseMode } from '@spotopt/contracts/http';
import { AppError } from '@spotopt/kernel';
import { nameOf, scopeOf } from '../caller.js';
import type { Caller } from '../caller.js';
import { invalidRequest } from '../invalid-body.js';
import type { ServiceRequests } from '../ports.js';

export interface SwitchWish {
  readonly agentRef: string;
  readonly targetMode: string | null | undefined;
  readonly targetPoolId: string | null | undefined;
  readonly reason: string | null | undefined;
  /** Whether a person asks: CT-11. */
  readonly byPerson: boolean;
  readonly requestId: string | null;
}

export interface SwitchAnswer {
  readonly started: boolean;
  readonly switchId: string | null;
  readonly message: string;
  readonly targetMode: 'spot' | 'ondemand';
  readonly targetPoolId: string | null;
}

const TIMEOUT_MS = 5_000;

/** The one function behind every manual switch route (CT-10). */
export class RequestSwitch {
  constructor(private readonly requests: ServiceRequests) {}

  /** @throws AppError `invalid-request` (permanent) for a mode or pool that is none */
  async execute(caller: Caller, wish: SwitchWish): Promise<SwitchAnswer> {
    const target = targetOf(wish);
    const answer = await this.requests.ask(
      RequestSwitchRpc,
      {
        clientId: scopeOf(caller),
        agentRef: wish.agentRef,
        ...target,
        trigger: wish.byPerson ? 'manual' : 'model',
        reason: wish.reason ?? (wish.byPerson ? 'asked for by a person' : 'asked for by a program'),
        requestedBy: nameOf(caller),
        requestId: wish.requestId,
      },
      { timeoutMs: TIMEOUT_MS },
    );
    if (answer.outcome === 'started') {
      return { started: true, switchId: answer.switchId, message: 'switch started', ...target };
    }
    if (answer.code === 'not-found' || answer.code === 'agent-not-found') {
      throw AppError.permanent('not-found', 'agent not found');
    }
    return { started: false, switchId: null, message: answer.reason, ...target };
  }
}

function targetOf(wish: SwitchWish): { targetMode: 'spot' | 'ondemand'; targetPoolId: string | null } {
  const pool = wish.targetPoolId ?? null;
  const mode = normaliseMode(wish.targetMode ?? (pool === null ? null : 'spot'));
  if (mode === 'unknown') {
    throw invalidRequest([{ path: ['target_mode'], message: 'expected spot or ondemand' }]);
  }
  if (pool !== null && !PoolId.safeParse(pool).success) {
    throw invalidRequest([
      { path: ['target_pool_id'], message: 'expected a pool id such as t3.medium.us-east-1a' },
    ]);
  }
  return { targetMode: mode, targetPoolId: pool };
}
