import { readdirSync } from 'node:fs';
import { inRoot } from '../bootstrap/paths.mjs';
import { load } from './load-contracts.mjs';

const LISTENER = /\.(consumer|controller)\.js$/;

function isDefinition(value) {
  return typeof value === 'object' && value !== null && 'createModule' in value && 'config' in value;
}

async function subscriptionsOf(folder, service) {
  const { listSubscriptions } = await load('packages/messaging/dist/index.js');
  const files = readdirSync(inRoot(folder, 'dist'), { recursive: true }).filter((file) =>
    LISTENER.test(file),
  );
  const classes = [];
  for (const file of files.sort()) {
    const exported = Object.values(await load(folder, 'dist', file));
    classes.push(...exported.filter((value) => typeof value === 'function' && value.prototype !== undefined));
  }
  return listSubscriptions(service, classes);
}

/** Every service with a definition: its settings schema and what it listens to. */
export async function loadServices() {
  const services = [];
  for (const name of readdirSync(inRoot('services')).sort()) {
    const folder = `services/${name}`;
    const definition = Object.values(await load(folder, 'dist', 'index.js')).find(isDefinition);
    if (definition === undefined) continue;
    services.push({ name, config: definition.config, subscriptions: await subscriptionsOf(folder, name) });
  }
  return services;
}

/** Queues that take an event, as `service` and `queue`. */
export function consumersOf(services, eventType) {
  return services.flatMap((service) =>
    service.subscriptions
      .filter(({ events }) => events.includes(eventType) || events.includes('#'))
      .map(({ queue }) => ({ service: service.name, queue })),
  );
}
