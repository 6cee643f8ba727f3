import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { startRegion } from '../running-simulator.contract.js';
import { loadScript } from './script.js';

test('events meet whom they name, at their time', async () => {
  const setup = await startRegion({
    interruptions: [
      {
        kind: 'script',
        events: [
          { afterSeconds: 100, action: 'rebalance', pool: 't3.medium.us-east-1a' },
          { afterSeconds: 200, action: 'interrupt', workload: 'agent-1', noticeSeconds: 60 },
          { afterSeconds: 300, action: 'capacity', pool: 't3.medium.us-east-1b', available: 0 },
          { afterSeconds: 400, action: 'crash', pool: 't3.medium.us-east-1c' },
        ],
      },
    ],
  });
  const Tags = [{ Key: 'spotopt:logical-agent-id', Value: 'agent-1' }];
  const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
  const serving = await setup.launchRunning({ TagSpecifications });
  await setup.launchRunning({ TagSpecifications, Placement: { AvailabilityZone: 'us-east-1c' } });
  const instance = setup.simulator.region.instances.get(serving);
  if (instance !== undefined) setup.simulator.region.workloads.report(instance, true, 1);
  await setup.clock.advance(600_000);
  const zeroMs = Date.parse('2026-03-01T12:00:00Z');
  const seen = setup.simulator.region.timeline
    .after(0)
    .filter((entry) => /notice|capacity|shutting/.test(entry.event))
    .map((entry) => `${(entry.atMs - zeroMs) / 1000} ${entry.event}`);
  expect(seen).toEqual([
    '100 notice.rebalance',
    '200 notice.interruption',
    '260 instance.shutting-down',
    '300 pool.capacity',
    '400 instance.shutting-down',
  ]);
});

test('a script is read from a file, and a wrong one is refused with its name', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'script-'));
  try {
    const path = join(directory, 'script.json');
    await writeFile(
      path,
      JSON.stringify({ events: [{ afterSeconds: 1, action: 'crash', instance: 'i-1' }] }),
    );
    expect((await loadScript(path)).events).toHaveLength(1);
    await writeFile(path, '[{"afterSeconds":-1}]');
    await expect(loadScript(path)).rejects.toMatchObject({ code: 'invalid-script-file' });
  } finally {
    await rm(directory, { recursive: true });
  }
});
