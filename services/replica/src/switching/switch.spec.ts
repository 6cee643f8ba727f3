import { describe, expect, it } from '@jest/globals';
import { SwitchStep } from '@spotopt/contracts';
import type { Instance, InstanceState } from '../fleet/index.js';
import { sampleInstance, sampleSwitch } from '../testing/samples.contract.js';
import { DEFAULT_TIMEOUTS, nextAction, type Switch, type SwitchFacts } from './switch.js';

const NOW_MS = Date.parse('2026-11-21T12:00:00.000Z');
const ago = (ms: number): Date => new Date(NOW_MS - ms);
const old = (state: InstanceState = 'primary', change: Partial<Instance> = {}): Instance =>
  sampleInstance({ id: 'old', state, lastHeartbeatAt: ago(5_000), ...change });
const standby = (state: InstanceState, change: Partial<Instance> = {}): Instance =>
  sampleInstance({ id: 'new', ec2InstanceId: 'i-0002', state, replicaType: 'switch', ...change });

function actionFor(change: Partial<SwitchFacts> & { readonly sw?: Switch }): ReturnType<typeof nextAction> {
  return nextAction(
    {
      sw: sampleSwitch({}),
      from: old(),
      to: null,
      canQuiesce: true,
      reportsService: true,
      hasTrafficTarget: false,
      obstacle: null,
      nowMs: NOW_MS,
      ...change,
    },
    DEFAULT_TIMEOUTS,
  );
}

const planned = (change: Partial<Switch> = {}): Switch =>
  sampleSwitch({ stepStartedAt: ago(1_000), ...change });
const emergency = (change: Partial<Switch> = {}): Switch =>
  planned({
    trigger: 'emergency',
    incidentId: 'incident-1',
    reclaimAt: new Date(NOW_MS + 115_000),
    ...change,
  });
const tooLong = (ms: number): Partial<Switch> => ({ stepStartedAt: ago(ms + 1) });

describe('what a switch needs next', () => {
  it.each<[string, Partial<SwitchFacts> & { sw: Switch }, string]>([
    ['without a standby', { sw: planned() }, 'launch'],
    ['while it is launched', { sw: planned({ step: 'launch' }), to: standby('launching') }, 'wait'],
    ['while it synchronises', { sw: planned({ step: 'launch' }), to: standby('syncing') }, 'wait'],
    ['with a ready standby', { sw: planned(), to: standby('ready') }, 'quiesce'],
    ['with an old agent', { sw: planned(), to: standby('ready'), canQuiesce: false }, 'promote'],
    ['after a refused launch', { sw: planned({ step: 'launch', launchFailure: 'no capacity' }) }, 'fail'],
    ['with a lost standby', { sw: planned({ step: 'launch' }), to: standby('zombie') }, 'fail'],
    ['with a failed standby', { sw: planned({ step: 'launch' }), to: standby('failed') }, 'fail'],
    ['when the primary changed', { sw: planned(), from: old('zombie') }, 'fail'],
    [
      'after the launch time-out',
      {
        sw: planned({ step: 'launch', ...tooLong(DEFAULT_TIMEOUTS.launchMs) }),
        to: standby('syncing'),
      },
      'fail',
    ],
    ['for an agent that switches itself', { sw: planned({ execution: 'agent' }) }, 'launch'],
    [
      'while that agent switches',
      { sw: planned({ execution: 'agent', step: 'launch', launchCommandId: 'c' }) },
      'wait',
    ],
    ['while the old workload stops', { sw: planned({ step: 'quiesce' }), to: standby('promoting') }, 'wait'],
    [
      'when it stopped',
      { sw: planned({ step: 'quiesce', quiesceOutcome: 'done' }), to: standby('promoting') },
      'promote',
    ],
    [
      'when it refused to stop',
      { sw: planned({ step: 'quiesce', quiesceOutcome: 'failed' }), to: standby('promoting') },
      'fail',
    ],
    [
      'when it did not stop in time',
      { sw: planned({ step: 'quiesce', ...tooLong(DEFAULT_TIMEOUTS.quiesceMs) }), to: standby('promoting') },
      'fail',
    ],
    [
      'when the standby is lost meanwhile',
      { sw: planned({ step: 'quiesce', quiesceOutcome: 'done' }), to: standby('zombie') },
      'fail',
    ],
    ['before the new primary confirms', { sw: promoted(), to: standby('primary') }, 'wait'],
    [
      'before it confirms, with an address',
      { sw: promoted(), to: standby('primary'), hasTrafficTarget: true },
      'move-traffic',
    ],
    [
      'when the address cannot be moved',
      { sw: promoted(tooLong(DEFAULT_TIMEOUTS.confirmMs)), to: confirmed(), hasTrafficTarget: true },
      'fail',
    ],
    [
      'when the new primary is lost',
      { sw: promoted(), to: standby('zombie'), hasTrafficTarget: true },
      'fail',
    ],
    [
      'when it never confirms',
      { sw: promoted(tooLong(DEFAULT_TIMEOUTS.confirmMs)), to: standby('primary') },
      'fail',
    ],
    ['when it confirmed and serves', { sw: promoted({ servingSince: ago(1) }), to: confirmed() }, 'finish'],
    ['when it confirmed an older epoch', { sw: promoted(), to: confirmed(1) }, 'wait'],
    ['before it said that it serves', { sw: promoted(), to: confirmed() }, 'wait'],
    [
      'when it never says so',
      { sw: promoted(tooLong(DEFAULT_TIMEOUTS.serviceReportMs)), to: confirmed() },
      'finish',
    ],
    ['when it cannot say so', { sw: promoted(), to: confirmed(), reportsService: false }, 'finish'],
    ['after its end', { sw: planned({ status: 'finished', step: 'finish' }) }, 'wait'],
    ['after its failure', { sw: planned({ status: 'failed' }) }, 'wait'],
  ])('planned, %s', (_case, facts, kind) => {
    expect(actionFor(facts).kind).toBe(kind);
  });

  it.each<[string, Partial<SwitchFacts> & { sw: Switch }, string]>([
    ['with a ready standby', { sw: emergency(), to: standby('ready') }, 'quiesce'],
    [
      'with a silent old machine',
      { sw: emergency(), to: standby('ready'), from: old('primary', { lastHeartbeatAt: ago(96_000) }) },
      'promote',
    ],
    [
      'with an old machine that is gone',
      { sw: emergency(), to: standby('ready'), from: old('terminated') },
      'promote',
    ],
    [
      'shortly after it asked for silence',
      { sw: emergency({ step: 'quiesce' }), to: standby('promoting') },
      'wait',
    ],
    [
      'when the old workload does not stop',
      { sw: emergency({ step: 'quiesce', reclaimAt: null, ...tooLong(20_000) }), to: standby('promoting') },
      'promote',
    ],
    [
      'when it refuses to stop',
      { sw: emergency({ step: 'quiesce', quiesceOutcome: 'failed' }), to: standby('promoting') },
      'promote',
    ],
    [
      'with less of the notice left than it keeps in reserve',
      { sw: emergency({ step: 'quiesce', reclaimAt: new Date(NOW_MS + 30_000) }), to: standby('promoting') },
      'promote',
    ],
    ['without a standby', { sw: emergency() }, 'launch'],
  ])('emergency, %s', (_case, facts, kind) => {
    expect(actionFor(facts).kind).toBe(kind);
  });

  it('lets a person replace a machine that has been silent for long, and asks one that speaks', () => {
    const byHand = planned({ trigger: 'replica_promotion' });
    const silent = old('primary', { lastHeartbeatAt: ago(DEFAULT_TIMEOUTS.offlineMs + 1) });
    expect(actionFor({ sw: byHand, to: standby('ready'), from: silent })).toMatchObject({
      kind: 'promote',
      fenced: false,
    });
    expect(actionFor({ sw: byHand, to: standby('ready') }).kind).toBe('quiesce');
    expect(actionFor({ sw: planned(), to: standby('ready'), from: silent }).kind).toBe('quiesce');
  });

  it('brings the old workload back only when it was asked to stop', () => {
    expect(actionFor({ sw: planned({ step: 'launch', launchFailure: 'x' }) })).toMatchObject({
      resumeOld: false,
    });
    const refused = planned({ step: 'quiesce', quiesceOutcome: 'failed' });
    expect(actionFor({ sw: refused, to: standby('promoting') })).toMatchObject({ resumeOld: true });
  });

  it('gives up before its promotion, and only then, when something is in the way', () => {
    for (const step of SwitchStep.options) {
      const before = actionFor({ sw: planned({ step }), to: standby('ready'), obstacle: 'deleted' });
      expect(before).toMatchObject({ kind: 'fail', reason: 'deleted' });
    }
    expect(actionFor({ sw: promoted(), to: standby('primary'), obstacle: 'deleted' }).kind).toBe('wait');
  });
});

function promoted(change: Partial<Switch> = {}): Switch {
  return planned({ step: 'confirm', epochAfter: 2, promoteCommandId: 'c', ...change });
}

function confirmed(epoch = 2): Instance {
  return standby('primary', { confirmedEpoch: epoch });
}
