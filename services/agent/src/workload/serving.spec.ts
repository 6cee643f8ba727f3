import { beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock, recordingLogger } from '@spotopt/testkit';
import { StateKeeper } from '../state/agent-state.js';
import { MemoryStateStore } from '../state/memory-state.store.js';
import { Serving } from './serving.js';
import { FakeWorkload } from './workload.fake.js';

let workload: FakeWorkload;
let state: StateKeeper;
let serving: Serving;
const clock = new ManualClock();

beforeEach(async () => {
  workload = new FakeWorkload();
  state = new StateKeeper(new MemoryStateStore());
  await state.load();
  serving = new Serving({ clock, workload, state, logger: recordingLogger() });
});

describe('Serving', () => {
  it('starts the workload of a primary and stops that of anybody else', async () => {
    await serving.reconcile({ enabled: true, role: 'PRIMARY', epoch: 1 });
    expect(serving.active).toBe(true);
    await serving.reconcile({ enabled: false, role: 'ZOMBIE', epoch: 2 });
    expect(serving.active).toBe(false);
    expect(workload.calls).toEqual(['start 1', 'stop']);
  });

  it('leaves a standby alone until it is promoted', async () => {
    await serving.reconcile({ enabled: false, role: 'REPLICA', epoch: 1 });
    expect(workload.calls).toEqual([]);
    await state.raiseEpoch(2);
    await serving.serve(2);
    await serving.reconcile({ enabled: false, role: 'REPLICA', epoch: 1 });
    expect(serving.active).toBe(true);
  });

  it('stays silent during a switch, also after a restart, until told otherwise', async () => {
    await serving.reconcile({ enabled: true, role: 'PRIMARY', epoch: 4 });
    const { servedUntil } = await serving.quiesce('s1');
    expect(servedUntil).toEqual(clock.now());
    const restarted = new Serving({ clock, workload: new FakeWorkload(), state, logger: recordingLogger() });
    await restarted.reconcile({ enabled: true, role: 'PRIMARY', epoch: 4 });
    expect(restarted.active).toBe(false);
    await restarted.serve(4);
    expect(restarted.active).toBe(true);
    expect(state.current.quiesced).toBeNull();
  });

  it('serves again when a later epoch makes it the primary, though the command was lost', async () => {
    await serving.reconcile({ enabled: true, role: 'PRIMARY', epoch: 4 });
    await serving.quiesce('s1');
    await serving.reconcile({ enabled: false, role: 'ZOMBIE', epoch: 5 });
    await serving.reconcile({ enabled: true, role: 'PRIMARY', epoch: 6 });
    expect(serving.active).toBe(true);
    expect(state.current.epoch).toBe(6);
  });

  it('does what an older server says, which knows neither role nor epoch: nothing', async () => {
    await serving.reconcile({ enabled: false, role: null, epoch: null });
    expect(workload.calls).toEqual([]);
  });

  it('is still silent when stopping failed, and tries to stop again', async () => {
    await serving.reconcile({ enabled: true, role: 'PRIMARY', epoch: 1 });
    workload.failNext = true;
    await expect(serving.reconcile({ enabled: false, role: 'ZOMBIE', epoch: 2 })).rejects.toMatchObject({
      code: 'workload-failed',
    });
    await serving.reconcile({ enabled: false, role: 'ZOMBIE', epoch: 2 });
    expect(serving.active).toBe(false);
  });
});
