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

/** The agent runs without the platform and names its variables itself. */
async function agentSettings() {
  const { agentSettings: schema } = await load('services/agent/dist/config.js');
  return Object.entries(schema.shape).map(([name, setting]) => {
    const { description, expected, secret = false, preset } = findMeta(setting);
    const absent = setting.safeParse(undefined);
    const defaultText =
      preset ?? (absent.success && absent.data !== undefined ? String(absent.data) : undefined);
    return {
      name,
      description,
      expected,
      secret,
      fileVariant: false,
      required: !absent.success,
      defaultText,
    };
  });
}

const findMeta = (schema) => schema.meta() ?? findMeta(schema.unwrap());

async function settingGroups(services) {
  const { describeSettings, platformConfig } = await load('packages/platform/dist/index.js');
  return [
    { title: 'Every service', settings: describeSettings(platformConfig) },
    ...services.map(({ name, config }) => ({ title: name, settings: describeSettings(config) })),
    { title: 'agent', settings: await agentSettings() },
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
