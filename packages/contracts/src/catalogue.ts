import type { EventDefinition, RpcDefinition } from './define.js';
import * as decision from './events/decision.events.js';
import * as emergency from './events/emergency.events.js';
import * as fleet from './events/fleet.events.js';
import * as gateway from './events/gateway.events.js';
import * as pool from './events/pool.events.js';
import * as models from './events/model.events.js';
import * as pricing from './events/pricing.events.js';
import * as savings from './events/savings.events.js';
import * as telemetry from './events/telemetry.events.js';
import * as adviceRpc from './rpc/advice.rpc.js';
import * as backtestRpc from './rpc/backtest.rpc.js';
import * as decisionRpc from './rpc/decision.rpc.js';
import * as emergencyRpc from './rpc/emergency.rpc.js';
import * as fleetRpc from './rpc/fleet.rpc.js';
import * as hazardPriorsRpc from './rpc/hazard-priors.rpc.js';
import * as modelsRpc from './rpc/models.rpc.js';
import * as pricingRpc from './rpc/pricing.rpc.js';
import * as riskRpc from './rpc/risk.rpc.js';
import * as savingsRpc from './rpc/savings.rpc.js';
import * as switchingRpc from './rpc/switching.rpc.js';
import * as trainingRpc from './rpc/training.rpc.js';

function isContract(value: unknown, kind: 'event' | 'rpc'): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

/** Every event of the public contract, newest versions included once each. */
export const EVENTS: readonly EventDefinition[] = [
  telemetry,
  gateway,
  fleet,
  emergency,
  pricing,
  savings,
  decision,
  pool,
  models,
]
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((value): value is EventDefinition => isContract(value, 'event'));

export const RPCS: readonly RpcDefinition[] = [
  fleetRpc,
  switchingRpc,
  emergencyRpc,
  pricingRpc,
  savingsRpc,
  decisionRpc,
  riskRpc,
  trainingRpc,
  hazardPriorsRpc,
  adviceRpc,
  backtestRpc,
  modelsRpc,
]
  .flatMap((module) => Object.values(module) as unknown[])
  .filter((value): value is RpcDefinition => isContract(value, 'rpc'));

const BY_TYPE = new Map(EVENTS.map((event) => [event.type, event]));

export function findEvent(type: string): EventDefinition | undefined {
  return BY_TYPE.get(type);
}
