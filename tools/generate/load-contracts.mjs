import { pathToFileURL } from 'node:url';
import { inRoot } from '../bootstrap/paths.mjs';

/** Imports a compiled file of this project. */
export const load = (...parts) => import(pathToFileURL(inRoot(...parts)).href);

const DIALECTS = { 'draft-2020-12': {}, 'draft-7': { target: 'draft-7' } };

/** @param {unknown} schema zod schema */
function toJsonSchema(z, schema, dialect) {
  // The input side: what a writer must send. The output side would forbid every further property.
  const { '~standard': _standard, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    ...DIALECTS[dialect],
  });
  return json;
}

/**
 * Events of the public contract with their schemas, ordered by owner and type.
 * @param {'draft-2020-12' | 'draft-7'} dialect
 */
export async function loadEvents(dialect) {
  const { z } = await import('zod');
  const { EVENTS, Envelope } = await load('packages/contracts/dist/index.js');
  return [...EVENTS]
    .sort((a, b) => a.owner.localeCompare(b.owner) || a.type.localeCompare(b.type))
    .map((event) => ({
      ...event,
      schema: toJsonSchema(
        z,
        z.object({ ...Envelope.shape, type: z.literal(event.type), data: event.data }),
        dialect,
      ),
    }));
}

/** Commands to agents, one schema per type. */
export async function loadCommands(dialect) {
  const { z } = await import('zod');
  const { AgentCommand } = await load('packages/contracts/dist/index.js');
  return AgentCommand.options.map((option) => ({
    type: option.shape.commandType.value,
    schema: toJsonSchema(z, option, dialect),
  }));
}
