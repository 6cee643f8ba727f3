import { describe, expect, it } from '@jest/globals';
import { sampleInstance } from '../testing/samples.contract.js';
import {
  instanceLifecycle,
  type InstanceState,
  replicaStatusOf,
  roleOf,
  RUNNING_STATES,
} from './instance.js';

describe('the life of a machine', () => {
  it.each<[InstanceState, InstanceState[]]>([
    ['launching', ['syncing', 'ready', 'zombie', 'terminated', 'failed']],
    ['syncing', ['ready', 'zombie', 'terminated', 'failed']],
    ['ready', ['promoting', 'zombie', 'terminated']],
    ['promoting', ['primary', 'ready', 'zombie', 'terminated']],
    ['primary', ['zombie', 'ready', 'terminated']],
    ['zombie', ['terminated', 'ready']],
    ['terminated', []],
    ['failed', ['zombie']],
  ])('from %s', (from, allowed) => {
    for (const to of instanceLifecycle.states()) {
      expect({ to, allowed: instanceLifecycle.allows(from, to) }).toEqual({
        to,
        allowed: allowed.includes(to),
      });
      if (allowed.includes(to)) continue;
      expect(() => {
        instanceLifecycle.assert(from, to);
      }).toThrow(`instance cannot go from ${from} to ${to}`);
    }
  });

  it('makes no primary but from a machine that is being promoted', () => {
    const sources = instanceLifecycle.states().filter((from) => instanceLifecycle.allows(from, 'primary'));
    expect(sources).toEqual(['promoting']);
  });

  it.each<[InstanceState, string, string]>([
    ['launching', 'REPLICA', 'launching'],
    ['syncing', 'REPLICA', 'syncing'],
    ['ready', 'REPLICA', 'ready'],
    ['promoting', 'REPLICA', 'ready'],
    ['primary', 'PRIMARY', 'promoted'],
    ['zombie', 'ZOMBIE', 'terminated'],
    ['terminated', 'TERMINATED', 'terminated'],
    ['failed', 'TERMINATED', 'failed'],
  ])('%s has the role %s and is called %s', (state, role, status) => {
    expect(roleOf(state)).toBe(role);
    expect(replicaStatusOf(sampleInstance({ state }))).toBe(status);
  });

  it('calls a standby that took over promoted for ever', () => {
    expect(replicaStatusOf(sampleInstance({ state: 'zombie', promotedAt: new Date(0) }))).toBe('promoted');
  });

  it('counts as running what costs money', () => {
    expect([...RUNNING_STATES].sort()).toEqual([
      'launching',
      'primary',
      'promoting',
      'ready',
      'syncing',
      'zombie',
    ]);
  });
});
