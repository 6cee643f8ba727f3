import { describe, expect, it } from '@jest/globals';
import { displayNameOf, newestPerPool, type PriceSighting, spotPoolOf, supersedes } from './pool.js';

const sighting = (overrides: Partial<PriceSighting> = {}): PriceSighting => ({
  poolId: 't3.medium.us-east-1a',
  usdPerHour: 0.0125,
  source: 'primary-report',
  observedAt: new Date('2026-11-21T12:00:00.000Z'),
  ...overrides,
});

describe('which sighting is in force', () => {
  const newer = { observedAt: new Date('2026-11-21T12:00:00.001Z') };

  it.each([
    ['the newer one, whoever saw it', { source: 'spot-price-history', ...newer }, {}],
    ['at equal age the primary’s', {}, { source: 'replica-report' }],
    ['then a replica’s', { source: 'replica-report' }, { source: 'spot-price-history' }],
    ['then the dearer one', { usdPerHour: 0.02 }, {}],
  ] as const)('%s', (_name, winner, loser) => {
    expect(supersedes(sighting(winner), sighting(loser))).toBe(true);
    expect(supersedes(sighting(loser), sighting(winner))).toBe(false);
  });

  it('is never replaced by itself', () => {
    expect(supersedes(sighting(), sighting())).toBe(false);
  });

  it('is found per pool in any order', () => {
    const other = sighting({ poolId: 't3.medium.us-east-1b' });
    const rows = [sighting(newer), other, sighting()];
    expect(newestPerPool(rows)).toEqual(newestPerPool(rows.toReversed()));
    expect(newestPerPool(rows).get('t3.medium.us-east-1a')).toEqual(sighting(newer));
  });
});

describe('a pool', () => {
  it('is read from its id', () => {
    const pool = spotPoolOf('m5d.24xlarge.eu-west-3a', null);
    expect(pool).toMatchObject({ region: 'eu-west-3', az: 'eu-west-3a', instanceType: 'm5d.24xlarge' });
    expect(displayNameOf(pool)).toBe('m5d.24xlarge (eu-west-3a)');
  });
});
