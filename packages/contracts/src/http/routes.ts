import * as agents from './agents.http.js';
import * as backtests from './backtests.http.js';
import * as clients from './clients.http.js';
import * as commands from './commands.http.js';
import * as comparison from './comparison.http.js';
import * as decisions from './decisions.http.js';
import type { RouteDefinition } from './define-route.js';
import * as events from './events.http.js';
import * as exports from './exports.http.js';
import * as health from './health.http.js';
import * as interruptions from './interruptions.http.js';
import * as models from './models.http.js';
import * as operations from './operations.http.js';
import * as overview from './overview.http.js';
import * as pools from './pools.http.js';
import * as prices from './prices.http.js';
import * as replicas from './replicas.http.js';
import * as reports from './reports.http.js';
import * as risk from './risk.http.js';
import * as savings from './savings.http.js';
import * as training from './training.http.js';

function isRoute(value: unknown): value is RouteDefinition {
  return (
    typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'access' in value
  );
}

/** Every route that the gateway serves. */
export const ROUTES: readonly RouteDefinition[] = [
  health,
  agents,
  commands,
  reports,
  interruptions,
  replicas,
  clients,
  overview,
  prices,
  pools,
  risk,
  savings,
  exports,
  operations,
  decisions,
  training,
  comparison,
  backtests,
  models,
  events,
]
  .flatMap((module): unknown[] => Object.values(module))
  .filter(isRoute);
