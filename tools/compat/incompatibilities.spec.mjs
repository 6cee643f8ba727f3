import { describe, expect, test } from '@jest/globals';
import { incompatibilities } from './incompatibilities.mjs';

const BEFORE = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1 },
    state: { type: 'string', enum: ['up', 'down'] },
    risk: { anyOf: [{ type: 'number' }, { type: 'null' }] },
    pools: {
      type: 'array',
      items: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
    note: { type: 'string' },
  },
  required: ['id', 'state'],
};

function changed(change) {
  const after = structuredClone(BEFORE);
  change(after);
  return incompatibilities(BEFORE, after);
}

describe('compatible', () => {
  test('nothing changed', () => {
    expect(changed(() => undefined)).toEqual([]);
  });

  test('a new optional property, also inside a list', () => {
    const added = changed((after) => {
      after.properties.extra = { type: 'string' };
      after.properties.pools.items.properties.zone = { type: 'string' };
    });
    expect(added).toEqual([]);
  });

  test('other words', () => {
    expect(changed((after) => void (after.properties.id.description = 'the id'))).toEqual([]);
  });
});

const BREAKING = [
  ['a removed property', (after) => void delete after.properties.note, 'event.note: was removed'],
  [
    'a new required property',
    (after) => {
      after.properties.zone = { type: 'string' };
      after.required.push('zone');
    },
    'event.zone: is new and required',
  ],
  [
    'a property that became required',
    (after) => void after.required.push('note'),
    'event.note: became required',
  ],
  [
    'a property that became optional',
    (after) => void after.required.pop(),
    'event.state: is no longer always there',
  ],
  [
    'another type',
    (after) => void (after.properties.note.type = 'number'),
    'event.note: type string became number',
  ],
  [
    'a removed value',
    (after) => void after.properties.state.enum.pop(),
    'event.state: value "down" was removed',
  ],
  [
    'an added value',
    (after) => void after.properties.state.enum.push('lost'),
    'event.state: value "lost" was added, which readers of this version do not know',
  ],
  ['a narrower limit', (after) => void (after.properties.id.minLength = 5), 'event.id: minLength 1 became 5'],
  [
    'an alternative that is gone',
    (after) => void (after.properties.risk = { anyOf: [{ type: 'number' }] }),
    'event.risk: has 1 alternatives instead of 2',
  ],
  [
    'a change inside a list',
    (after) => void delete after.properties.pools.items.properties.name,
    'event.pools[].name: was removed',
  ],
];

describe('incompatible', () => {
  test.each(BREAKING)('%s', (_what, change, problem) => {
    expect(changed(change)).toEqual([problem]);
  });

  test('a change behind a reference', () => {
    const before = { $defs: { Pool: { type: 'string' } } };
    expect(incompatibilities(before, { $defs: { Pool: { type: 'number' } } })).toEqual([
      'event#.Pool: type string became number',
    ]);
  });
});
