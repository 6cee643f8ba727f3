import { describe, expect, it } from '@jest/globals';
import { isNewer, type Reporter, sourceOf } from './reporter.js';

const reporter = (overrides: Partial<Reporter> = {}): Reporter => ({
  instanceId: 'instance-1',
  agentKey: 'key-1',
  ec2InstanceId: 'i-0001',
  role: 'PRIMARY',
  epoch: 2,
  changedAt: new Date('2026-11-21T12:00:00.000Z'),
  ...overrides,
});

describe('a reporter', () => {
  it.each([
    ['PRIMARY', 'primary-report'],
    ['REPLICA', 'replica-report'],
    ['ZOMBIE', 'replica-report'],
    ['TERMINATED', 'replica-report'],
  ] as const)('with the role %s gives a %s', (role, source) => {
    expect(sourceOf(reporter({ role }))).toBe(source);
  });

  it('that nobody told about is taken for the primary', () => {
    expect(sourceOf(null)).toBe('primary-report');
  });

  it('is known by the highest epoch, then by the latest news', () => {
    const later = new Date('2026-11-21T12:00:01.000Z');
    expect(isNewer(reporter({ epoch: 3 }), reporter({ changedAt: later }))).toBe(true);
    expect(isNewer(reporter({ epoch: 1, changedAt: later }), reporter())).toBe(false);
    expect(isNewer(reporter({ changedAt: later }), reporter())).toBe(true);
    expect(isNewer(reporter(), reporter({ changedAt: later }))).toBe(false);
  });
});
