import { expect, test } from '@jest/globals';
import { startRegion } from '../running-simulator.contract.js';

test('the file of the Spot Advisor has the shape of the public one', async () => {
  const { simulator } = await startRegion({ marketSeed: 3 });
  const url = `${simulator.endpoint}/spot-advisor-data.json`;
  const data: unknown = await (await fetch(url)).json();
  expect(data).toMatchObject({
    ranges: [
      { index: 0, label: '<5%', max: 5 },
      { index: 1, label: '5-10%', max: 11 },
      { index: 2, label: '10-15%', max: 16 },
      { index: 3, label: '15-20%', max: 22 },
      { index: 4, label: '>20%', max: 100 },
    ],
    spot_advisor: {
      'us-east-1': { Linux: { 'm5.large': { s: expect.any(Number), r: expect.any(Number) } } },
    },
  });
  const { spot_advisor: advisor } = data as {
    spot_advisor: Record<string, { Linux: Record<string, { s: number; r: number }> }>;
  };
  const linux = advisor['us-east-1']?.Linux ?? {};
  expect(Object.keys(linux)).toEqual(['m5.large', 't3.medium']);
  // Spot m5.large costs 0.0351 and 0.0402 against 0.096 on demand.
  expect(linux['m5.large']?.s).toBe(61);
  for (const { r } of Object.values(linux)) expect([0, 1, 2, 3, 4]).toContain(r);
  expect(await (await fetch(url)).json()).toEqual(data);
});

test('reading it can be made to fail', async () => {
  const { simulator } = await startRegion();
  simulator.region.faults.add({ kind: 'throttle', operation: 'ReadSpotAdvisor', times: 1 });
  const url = `${simulator.endpoint}/spot-advisor-data.json`;
  expect((await fetch(url)).status).toBe(503);
  expect((await fetch(url)).status).toBe(200);
});
