import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { InstanceMetadata } from '@spotopt/cloud';
import type { InstanceIdentity, SpotInstanceAction } from '@spotopt/cloud';
import { AppError } from '@spotopt/kernel';
import { ManualClock, recordingLogger } from '@spotopt/testkit';
import { FakeGateway, unavailable } from '../gateway/gateway.fake.js';
import { WatchMetadata } from './watch-metadata.js';

class ScriptedMetadata extends InstanceMetadata {
  action: SpotInstanceAction | null | AppError = null;
  rebalance: { noticedAt: Date } | null | AppError = null;

  override spotInstanceAction(): Promise<SpotInstanceAction | null> {
    return this.action instanceof AppError ? Promise.reject(this.action) : Promise.resolve(this.action);
  }

  override rebalanceRecommendation(): Promise<{ noticedAt: Date } | null> {
    return this.rebalance instanceof AppError
      ? Promise.reject(this.rebalance)
      : Promise.resolve(this.rebalance);
  }

  override identity(): Promise<InstanceIdentity> {
    return Promise.reject(AppError.bug('unused', 'not asked here'));
  }

  override scheduledMaintenance(): Promise<[]> {
    return Promise.resolve([]);
  }

  override tag(): Promise<null> {
    return Promise.resolve(null);
  }

  override userData(): Promise<null> {
    return Promise.resolve(null);
  }
}

let clock: ManualClock;
let metadata: ScriptedMetadata;
let gateway: FakeGateway;
let watch: WatchMetadata;

beforeEach(() => {
  clock = new ManualClock();
  metadata = new ScriptedMetadata();
  gateway = new FakeGateway();
  watch = new WatchMetadata({
    clock,
    random: () => 0.5,
    metadata,
    gateway,
    logger: recordingLogger(),
    agentKey: () => 'key-1',
    ownInstanceId: () => 'i-1234',
    intervalMs: 5_000,
  });
  watch.start();
});

afterEach(async () => {
  await watch.stop();
});

const notice = (offsetMs = 120_000): SpotInstanceAction => ({
  action: 'terminate',
  at: new Date(clock.nowMs() + offsetMs),
});

describe('WatchMetadata', () => {
  it('reports a notice within one look, once it is answered', async () => {
    await clock.advance(20_000);
    expect(gateway.interruptions).toEqual([]);
    metadata.action = notice();
    const seenAtMs = clock.nowMs();
    await clock.advance(5_000);
    expect(gateway.interruptions).toHaveLength(1);
    expect(gateway.interruptions[0]).toMatchObject({
      signal: 'termination-notice',
      ec2InstanceId: 'i-1234',
      noticeAt: new Date(seenAtMs + 120_000),
    });
    await clock.advance(60_000);
    expect(gateway.interruptions).toHaveLength(1);
  });

  it('reports again with every look until it is answered', async () => {
    gateway.failNext('reportInterruption', unavailable(), unavailable(), unavailable());
    metadata.action = notice();
    await clock.advance(14_000);
    expect(gateway.interruptions).toEqual([]);
    await clock.advance(6_000);
    expect(gateway.interruptions).toHaveLength(1);
  });

  it('keeps reporting a signal that is no longer shown', async () => {
    gateway.failNext('reportInterruption', unavailable());
    metadata.rebalance = { noticedAt: clock.now() };
    await clock.advance(5_000);
    metadata.rebalance = null;
    await clock.advance(5_000);
    expect(gateway.interruptions.map((report) => report.signal)).toEqual(['rebalance-recommendation']);
  });

  it('reports both signals, and a second notice with another time', async () => {
    metadata.rebalance = { noticedAt: clock.now() };
    metadata.action = notice();
    await clock.advance(5_000);
    metadata.action = notice(300_000);
    await clock.advance(5_000);
    expect(gateway.interruptions.map((report) => report.signal).sort()).toEqual([
      'rebalance-recommendation',
      'termination-notice',
      'termination-notice',
    ]);
  });

  it('sees one signal although the other cannot be read', async () => {
    metadata.rebalance = AppError.transient('metadata-unavailable', 'HTTP 500');
    metadata.action = notice();
    await clock.advance(5_000);
    expect(gateway.interruptions).toHaveLength(1);
  });

  it('goes on looking after faults', async () => {
    metadata.action = AppError.transient('metadata-unavailable', 'HTTP 500');
    await clock.advance(60_000);
    metadata.action = notice();
    await clock.advance(15_000);
    expect(gateway.interruptions).toHaveLength(1);
  });
});
