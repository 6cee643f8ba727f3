import { describe, expect, it } from '@jest/globals';
import { fingerprintOf, questionOf } from './question.js';

const typesFor = (instanceType: string, candidates: readonly string[]) =>
  questionOf('us-east-1', instanceType, candidates)?.instanceTypes;

describe('the question that stands for a type', () => {
  it.each([
    [
      'sizes of the same family first',
      'm5.large',
      ['c5.large', 'm5.24xlarge', 'm5.2xlarge', 'm5.metal', 'm5a.large', 'm5.xlarge'],
      ['m5.2xlarge', 'm5.large', 'm5.xlarge'],
    ],
    [
      'then families of the same kind',
      'm5.large',
      ['c5.large', 'm6i.2xlarge', 'm5a.large', 'm5.xlarge'],
      ['m5.large', 'm5.xlarge', 'm5a.large'],
    ],
    [
      'then whatever there is of about the size',
      't3.medium',
      ['m5.large', 'r5.8xlarge', 'c5.large'],
      ['c5.large', 'm5.large', 't3.medium'],
    ],
  ])('takes %s', (_what, instanceType, candidates, expected) => {
    expect(typesFor(instanceType, candidates)).toEqual(expected);
    expect(typesFor(instanceType, candidates.toReversed())).toEqual(expected);
  });

  it('is not asked with fewer than three types', () => {
    expect(typesFor('m5.large', ['m5.large', 'm5.xlarge'])).toBeUndefined();
    expect(typesFor('m5.large', [])).toBeUndefined();
  });

  it('is one for types that are each other’s neighbours', () => {
    const sizes = ['m5.large', 'm5.xlarge', 'm5.2xlarge'];
    const prints = sizes.map((type) => {
      const question = questionOf('us-east-1', type, sizes);
      return question === null ? null : fingerprintOf(question);
    });
    expect(new Set(prints).size).toBe(1);
  });

  it('is another one in another region', () => {
    const types = ['m5.large', 'm5.xlarge', 'm5.2xlarge'];
    const of = (region: string) => fingerprintOf({ region, instanceTypes: types, targetCapacity: 1 });
    expect(of('us-east-1')).not.toBe(of('us-east-2'));
  });
});
