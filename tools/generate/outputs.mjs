import { readFileSync } from 'node:fs';
import { inRoot } from '../bootstrap/paths.mjs';
import { asyncApi } from './asyncapi.mjs';
import { eventPage } from './event-page.mjs';
import { load, loadCommands, loadEvents } from './load-contracts.mjs';
import { loadServices } from './load-services.mjs';
import { envExample, settingsPage } from './settings-page.mjs';
import { toYaml } from './yaml.mjs';

export const SCHEMA_FOLDER = 'packages/contracts/schemas';

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;

async function settingGroups(services) {
  const { describeSettings, platformConfig } = await load('packages/platform/dist/index.js');
  return [
    { title: 'Every service', settings: describeSettings(platformConfig) },
    ...services.map(({ name, config }) => ({ title: name, settings: describeSettings(config) })),
  ].filter(({ settings }) => settings.length > 0);
}

/**
 * Every generated file, by its path.
 * @returns {Promise<Map<string, string>>}
 */
export async function generatedFiles() {
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'));
  const [events, events7, commands7, services] = await Promise.all([
    loadEvents('draft-2020-12'),
    loadEvents('draft-7'),
    loadCommands('draft-7'),
    loadServices(),
  ]);
  const groups = await settingGroups(services);
  const { ROUTES, openApiOf } = await load('packages/contracts/dist/http/index.js');
  return new Map([
    ...events.map(({ type, schema }) => [`${SCHEMA_FOLDER}/${type}.json`, json(schema)]),
    ['docs/generated/events.md', eventPage(events, services)],
    ['docs/generated/asyncapi.yaml', toYaml(asyncApi(events7, commands7, services, version))],
    ['docs/generated/openapi.json', json(openApiOf(ROUTES, version))],
    ['docs/generated/config.md', settingsPage(groups)],
    ['.env.example', envExample(groups)],
  ]);
}
