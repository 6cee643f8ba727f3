import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { QueryReader } from './query-reader.js';

test('lists come in the order of their numbers, not of their arrival', () => {
  const reader = QueryReader.parse('Id.10=c&Id.2=b&Id.1=a&Filter.1.Name=x&Filter.1.Value.1=y%20z');
  expect(reader.texts('Id')).toEqual(['a', 'b', 'c']);
  expect(reader.children('Filter')[0]?.text('Name')).toBe('x');
  expect(reader.children('Filter')[0]?.texts('Value')).toEqual(['y z']);
  expect(reader.texts('None')).toEqual([]);
});

test.each(['integer', 'number', 'timeMs'] as const)('a value that is no %s is refused', (read) => {
  expect(() => QueryReader.parse('A=nonsense')[read]('A')).toThrow('Invalid');
  expect(QueryReader.parse('B=1')[read]('A')).toBeUndefined();
});

test('the canonical form depends on the parameters only, not on their order', () => {
  const name = fc.constantFrom('A', 'B.1', 'B.2', 'C.D', 'C.E.1.F');
  const parameters = fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([key]) => key });
  fc.assert(
    fc.property(parameters, fc.integer(), (pairs, rotation) => {
      const cut = pairs.length === 0 ? 0 : Math.abs(rotation) % pairs.length;
      const form = (list: [string, string][]): string => new URLSearchParams(list).toString();
      const one = QueryReader.parse(form(pairs));
      const other = QueryReader.parse(form([...pairs.slice(cut), ...pairs.slice(0, cut), ['Skip.1', 'x']]));
      expect(other.canonical(['Skip'])).toBe(one.canonical(['Skip']));
    }),
    { seed: 4 },
  );
});

test('what a request leaves out comes from its template', () => {
  const template = QueryReader.parse('A=1&B.1=x&B.2=y');
  const merged = QueryReader.parse('B.1=z&C=3').over(template);
  expect([merged.text('A'), merged.texts('B'), merged.text('C')]).toEqual(['1', ['z'], '3']);
});
