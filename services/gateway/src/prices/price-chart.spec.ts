import { describe, expect, it } from '@jest/globals';
import type { PricePoint } from '@spotopt/contracts';
import { chartSvg } from './price-chart.js';

const T0 = Date.parse('2026-11-21T00:00:00.000Z');
const STEP_MS = 300_000;

function point(index: number, state: PricePoint['state'], usdPerHour: number | null): PricePoint {
  return {
    at: new Date(T0 + index * STEP_MS).toISOString(),
    ...{ usdPerHour, minUsdPerHour: usdPerHour, maxUsdPerHour: usdPerHour, state },
    ...{ source: null, method: null, confidence: null },
  };
}

const frame = { title: 't3.medium (us-east-1a)', stepMs: STEP_MS, onDemandUsdPerHour: 0.0416 };
const classesOf = (svg: string): string[] =>
  [...svg.matchAll(/class="(\w+)"/g)].map(([, name]) => name ?? '');

describe('the picture of a price', () => {
  const points = [
    point(0, 'measured', 0.01),
    point(1, 'measured', 0.02),
    point(2, 'filled', 0.015),
    point(3, 'empty', null),
    point(4, 'empty', null),
    point(5, 'measured', 0.01),
  ];

  it('has one piece for every stretch, and tells them apart without colours', () => {
    const svg = chartSvg(points, frame);
    expect(classesOf(svg).sort()).toEqual(['empty', 'filled', 'measured', 'measured']);
    expect(svg).toMatch(/class="filled"[^>]*stroke-dasharray/);
    expect(svg).not.toMatch(/class="measured"[^>]*stroke-dasharray/);
    expect(svg).toMatch(/class="empty"[^>]*url\(#none\)/);
  });

  it('does not draw a line over what is empty', () => {
    const [, second = ''] = [...chartSvg(points, frame).matchAll(/class="measured" d="([^"]*)"/g)].map(
      ([, path]) => path,
    );
    // The stretch after the gap begins where its own first step does.
    expect(second).toMatch(/^M799\.7 /);
  });

  it('is a picture too when nothing is known', () => {
    const svg = chartSvg([point(0, 'empty', null)], { ...frame, title: '<&">', onDemandUsdPerHour: null });
    expect(svg).toContain('&lt;&amp;&quot;&gt;');
    expect(svg).not.toMatch(/NaN|Infinity|<&/);
  });
});
