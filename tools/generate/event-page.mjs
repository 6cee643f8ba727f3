import { readFileSync, readdirSync } from 'node:fs';
import { inRoot } from '../bootstrap/paths.mjs';
import { consumersOf } from './load-services.mjs';

const escape = (text) => text.replaceAll('|', '\\|');

function typeText(schema) {
  if (schema === undefined || Object.keys(schema).length === 0) return 'any';
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.format === 'date-time') return 'time';
  const options = schema.anyOf ?? schema.oneOf;
  if (options !== undefined) return [...new Set(options.map(typeText))].join(' or ');
  if (schema.type === 'array') return `list of ${typeText(schema.items)}`;
  return Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'any');
}

const resolve = (schema, root) =>
  schema?.$ref?.startsWith('#/$defs/') === true ? root.$defs[schema.$ref.slice('#/$defs/'.length)] : schema;

/** Rows of the table of fields; objects inside are spelt out with dots. */
function fieldRows(schema, root, prefix = '') {
  return Object.entries(schema.properties ?? {}).flatMap(([name, raw]) => {
    const property = resolve(raw, root);
    const path = `${prefix}${name}`;
    const needed = (schema.required ?? []).includes(name) ? 'yes' : 'no';
    const row = `| \`${path}\` | ${escape(typeText(property))} | ${needed} |`;
    const inner = property.type === 'array' ? resolve(property.items, root) : property;
    const suffix = property.type === 'array' ? '[].' : '.';
    return [row, ...(inner?.properties === undefined ? [] : fieldRows(inner, root, `${path}${suffix}`))];
  });
}

function exampleOf(type) {
  const folder = inRoot('packages/contracts/fixtures', type);
  const [first] = readdirSync(folder).sort();
  return JSON.stringify(JSON.parse(readFileSync(`${folder}/${first}`, 'utf8')), null, 2);
}

function section(event, services) {
  const consumers = consumersOf(services, event.type).map(({ queue }) => `\`${queue}\``);
  return [
    `### ${event.routingKey}`,
    '',
    event.summary,
    '',
    `- \`type\`: \`${event.type}\`; routing key \`${event.routingKey}\` on the exchange \`spotopt.events\``,
    `- \`subject\`: ${event.subject}`,
    `- published by: ${event.owner}`,
    `- delivery: ${event.delivery === 'durable' ? 'at least once, in order per subject' : 'may be lost; the next one replaces it'}`,
    `- replay over HTTP: ${event.replayed ? '7 days' : 'no'}`,
    `- taken by: ${consumers.length === 0 ? 'nobody inside; for subscribers' : consumers.join(', ')}`,
    '',
    '| data | type | always there |',
    '|---|---|---|',
    ...fieldRows(event.schema.properties.data, event.schema),
    '',
    '<details><summary>Example</summary>',
    '',
    '```json',
    exampleOf(event.type),
    '```',
    '',
    '</details>',
    '',
  ];
}

/** The reference of all events, for people who subscribe. */
export function eventPage(events, services) {
  const owners = [...new Set(events.map(({ owner }) => owner))];
  const list = events.map(
    ({ routingKey, owner, summary }) =>
      `| [\`${routingKey}\`](#${routingKey.replaceAll('.', '')}) | ${owner} | ${escape(summary)} |`,
  );
  return `${[
    '# Events',
    '',
    'Generated from `packages/contracts` by `npm run generate`; do not edit.',
    '',
    'Every event is a CloudEvents 1.0 object in structured JSON with the attributes `specversion`, `id`, `type`,',
    '`source`, `subject`, `time`, `datacontenttype` and `data`, and, where they apply, `correlation`, `traceparent`,',
    '`sequence`, `partitionkey`, `expirytime` and `severity`. Ignore attributes and data fields that you do not know.',
    'A version only ever gains optional fields; every other change is a new version. JSON Schemas are in',
    '`packages/contracts/schemas`.',
    '',
    '| event | owner | says |',
    '|---|---|---|',
    ...list,
    '',
    ...owners.flatMap((owner) => [
      `## Events of ${owner}`,
      '',
      ...events.filter((event) => event.owner === owner).flatMap((event) => section(event, services)),
    ]),
  ]
    .join('\n')
    .trimEnd()}\n`;
}
