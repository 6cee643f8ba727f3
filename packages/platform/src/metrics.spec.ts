import { describe, expect, test } from '@jest/globals';
import { Metrics } from './metrics.js';

const COUNTER = { name: 'pricing_reports_total', help: 'Reports.', labels: ['result'] };

describe('Metrics', () => {
  test('every sample carries its service', async () => {
    const metrics = Metrics.create({ service: 'pricing' });
    metrics.counter(COUNTER).add({ result: 'taken' });
    metrics.counter(COUNTER).add({ result: 'taken' }, 2);
    metrics.gauge({ name: 'pricing_pools', help: 'Pools.' }).set(7);
    metrics.histogram({ name: 'pricing_read_seconds', help: 'Reads.', buckets: [1, 5] }).observe(2);
    const text = await metrics.text();
    expect(text).toContain('pricing_reports_total{result="taken",service="pricing"} 3');
    expect(text).toContain('pricing_pools{service="pricing"} 7');
    expect(text).toContain('pricing_read_seconds_bucket{le="5",service="pricing"} 1');
    expect(text).toContain('pricing_read_seconds_bucket{le="1",service="pricing"} 0');
  });

  test('services of one process share the metric, each with its own value', async () => {
    const metrics = Metrics.create({ service: 'pricing' });
    const settings = { name: 'outbox_unsent', help: 'Events that wait.' };
    metrics.gauge({ ...settings, collect: () => 1 });
    metrics.forService('replica').gauge({ ...settings, collect: () => Promise.resolve(2) });
    const text = await metrics.text();
    expect(text).toContain('outbox_unsent{service="pricing"} 1');
    expect(text).toContain('outbox_unsent{service="replica"} 2');
    expect(text.match(/# TYPE outbox_unsent/g)).toHaveLength(1);
  });

  test('a value that cannot be read does not cost the others', async () => {
    const metrics = Metrics.create({ service: 'pricing' });
    metrics.gauge({ name: 'broken', help: 'x', collect: () => Promise.reject(new Error('no database')) });
    metrics.gauge({ name: 'fine', help: 'x', collect: () => 5 });
    expect(await metrics.text()).toContain('fine{service="pricing"} 5');
  });

  test('two programs in one process do not see each other', async () => {
    Metrics.create({ service: 'a' }).counter(COUNTER).add({ result: 'x' });
    expect(await Metrics.create({ service: 'b' }).text()).not.toContain('pricing_reports_total');
  });

  test('a name keeps its kind', () => {
    const metrics = Metrics.create({ service: 'pricing' });
    metrics.counter(COUNTER);
    expect(() => metrics.gauge({ name: COUNTER.name, help: 'x' })).toThrow('exists as another kind');
  });

  test('measures the process when asked to', async () => {
    const text = await Metrics.create({ service: 'pricing', processMetrics: true }).text();
    expect(text).toContain('process_resident_memory_bytes');
  });
});
