import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { EVENTS, findEvent } from './catalogue.js';
import { Envelope } from './define.js';

const FOLDER = join(import.meta.dirname, '..', 'fixtures');

/** Golden messages: once one is here it stays, so that what was ever published can still be read. */
const fixtures = readdirSync(FOLDER).flatMap((type) =>
  readdirSync(join(FOLDER, type)).map((file) => ({
    type,
    path: join(FOLDER, type, file),
    name: `${type}/${file}`,
  })),
);

function read(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

describe('golden events', () => {
  test.each(EVENTS.map(({ type }) => type))('%s has one', (type) => {
    expect(fixtures.map((fixture) => fixture.type)).toContain(type);
  });

  test.each(fixtures)('$name parses and keeps everything it says', ({ type, path }) => {
    const definition = findEvent(type);
    const event = Envelope.parse(read(path));
    expect(event.type).toBe(type);
    expect(definition?.data.parse(event.data)).toEqual(event.data);
    expect(event).toEqual(read(path));
  });

  test.each(fixtures)('$name parses when it says more than we know', ({ type, path }) => {
    const event = Envelope.parse({ ...(read(path) as object), later: 'attribute' });
    const data = { ...(event.data as object), laterField: 1 };
    expect(findEvent(type)?.data.parse(data)).toEqual(event.data);
  });
});

describe('the catalogue', () => {
  test('has every type once', () => {
    const types = EVENTS.map(({ type }) => type);
    expect(new Set(types).size).toBe(types.length);
  });

  test.each(EVENTS)('$type is named <noun>.<past-verb>.v<N> and routed by it', (event) => {
    expect(event.type).toMatch(/^spotopt(\.[a-z][a-z-]*)+\.v[1-9]\d*$/);
    expect(event.type).toBe(`spotopt.${event.routingKey}`);
    expect(event.type.endsWith(`.v${String(event.version)}`)).toBe(true);
  });
});
