import { readdirSync } from 'node:fs';
import { inRoot } from '../bootstrap/paths.mjs';
import { load } from './load-contracts.mjs';

function isDefinition(value) {
  return typeof value === 'object' && value !== null && 'createModule' in value && 'config' in value;
}

/** Every service with a definition: its settings schema and what it listens to. */
export async function loadServices() {
  const { listSubscriptions } = await load('packages/messaging/dist/index.js');
  const services = [];
  for (const name of readdirSync(inRoot('services')).sort()) {
    const folder = `services/${name}`;
    const definition = Object.values(await load(folder, 'dist', 'index.js')).find(isDefinition);
    if (definition === undefined) continue;
    const { config, listeners } = definition;
    services.push({ name, config, subscriptions: listSubscriptions(name, listeners) });
  }
  return services;
}

/** Queues that take an event, as `service` and `queue`. */
export function consumersOf(services, eventType) {
  return services
    .flatMap((service) =>
      service.subscriptions
        .filter(({ events }) => events.includes(eventType) || events.includes('#'))
        .map(({ queue }) => ({ service: service.name, queue })),
    )
    .sort((a, b) => a.queue.localeCompare(b.queue));
}
