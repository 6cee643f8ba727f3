import { describe, expect, it } from '@jest/globals';
import { type PriceChange, type RiskInput, riskOf } from './risk.js';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const price = (hoursAgo: number, usdPerHour: number): PriceChange => ({
  usdPerHour,
  observedAtMs: NOW_MS - hoursAgo * HOUR_MS,
});
const STEADY = [price(30, 0.01)];
const input = (change: Partial<RiskInput> = {}): RiskInput => ({
  interruptions30d: 0,
  prices: STEADY,
  ageHours: Number.POSITIVE_INFINITY,
  nowMs: NOW_MS,
  ...change,
});

describe('risk by the published formula (EM-20)', () => {
  it('adds its four parts with their weights', () => {
    const { score, components } = riskOf(input({ interruptions30d: 15, ageHours: 1 }));
    expect(components).toEqual({ interruptions: 0.5, volatility: 0, youth: 0.5, trend: 0.5 });
    expect(score).toBeCloseTo(0.4 * 0.5 + 0.2 * 0.5 + 0.1 * 0.5, 10);
  });

  it.each<[string, Partial<RiskInput>, number]>([
    ['a quiet pool and an old machine', {}, 0.05],
    ['a machine that just started', { ageHours: 0 }, 0.25],
    ['an age that makes no sense', { ageHours: -5 }, 0.25],
    ['an interruption a day', { interruptions30d: 30 }, 0.45],
    ['more than that counts no more', { interruptions30d: 300 }, 0.45],
    ['unknown prices', { prices: [] }, 0.2],
    ['a price that rose within the hour', { prices: [price(30, 0.01), price(0, 0.02)] }, 0.1],
    ['a price that fell', { prices: [price(30, 0.02), price(0, 0.01)] }, 0.05],
  ])('%s', (_case, change, score) => {
    expect(riskOf(input(change)).score).toBeCloseTo(score, 10);
  });

  it('weights prices by how long they were in force', () => {
    const half = riskOf(input({ prices: [price(30, 0.01), price(12, 0.03)] })).components.volatility;
    expect(half).toBeCloseTo(0.5, 10);
    const brief = riskOf(input({ prices: [price(30, 0.01), price(13, 0.03), price(12, 0.01)] })).components;
    expect(brief.volatility).toBeLessThan(half);
  });

  it('holds volatility and the whole within 0 and 1', () => {
    const wild = [price(24, 0.001), price(0.5, 0.9), price(0.4, 0.001)];
    const { score, components } = riskOf(input({ prices: wild, interruptions30d: 99, ageHours: 0 }));
    expect(components.volatility).toBe(1);
    expect(score).toBeLessThanOrEqual(1);
  });
});
