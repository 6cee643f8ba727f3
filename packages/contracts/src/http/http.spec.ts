import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ROUTES, normaliseMode, openApiOf, parseInstant } from './index.js';

describe('parseInstant', () => {
  it.each([
    ['2025-11-23T10:00:00', '2025-11-23T10:00:00.000Z'],
    ['2025-11-23T10:00', '2025-11-23T10:00:00.000Z'],
    ['2025-11-23 10:00:00.5', '2025-11-23T10:00:00.500Z'],
    ['2025-11-23T10:00:00.123456', '2025-11-23T10:00:00.123Z'],
    ['2025-11-23T10:00:00Z', '2025-11-23T10:00:00.000Z'],
    ['2025-11-23T10:00:00.999999+00:00', '2025-11-23T10:00:00.999Z'],
    ['2025-11-23T10:00:00-0530', '2025-11-23T15:30:00.000Z'],
    [' 2025-11-23T10:00:00z ', '2025-11-23T10:00:00.000Z'],
  ])('reads %s', (text, expected) => {
    expect(parseInstant(text)).toBe(expected);
  });

  it.each(['', 'now', '2025-11-23', '2025-13-23T10:00:00', '1763892000', '2025-11-23T25:00:00Z'])(
    'refuses %j',
    (text) => {
      expect(parseInstant(text)).toBeUndefined();
    },
  );

  it('reads every time that JavaScript writes, and never throws', () => {
    const min = new Date('1970-01-01T00:00:00Z');
    const max = new Date('2200-01-01T00:00:00Z');
    fc.assert(
      fc.property(fc.date({ min, max, noInvalidDate: true }), (date) => {
        const text = date.toISOString();
        expect(parseInstant(text)).toBe(text);
        expect(parseInstant(text.slice(0, -1))).toBe(text);
        expect(parseInstant(text.replace('Z', '+00:00'))).toBe(text);
      }),
      { seed: 7 },
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseInstant(text);
      }),
      { seed: 7 },
    );
  });
});

describe('normaliseMode', () => {
  it.each([
    ['spot', 'spot'],
    ['on-demand', 'ondemand'],
    ['ON_DEMAND', 'ondemand'],
    ['ondemand', 'ondemand'],
    [null, 'unknown'],
    ['x', 'unknown'],
  ])('takes %j for %s', (text, mode) => {
    expect(normaliseMode(text)).toBe(mode);
  });
});

describe('ROUTES', () => {
  it('name every operation and every path once', () => {
    const ids = ROUTES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const paths = ROUTES.flatMap(({ method, path, aliases }) =>
      [path, ...aliases].map((one) => `${method} ${one.replaceAll(/:\w+/g, ':')}`),
    );
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('make an OpenAPI document in which every reference and parameter is declared', () => {
    const document = openApiOf(ROUTES, '0.1.0') as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { operationId: string; parameters: { name: string; in: string }[] }>
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const [path, item] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(item)) {
        expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
          names,
        );
      }
    }
    expect(JSON.stringify(document)).not.toContain('"$ref":"#/$defs');
  });
});
