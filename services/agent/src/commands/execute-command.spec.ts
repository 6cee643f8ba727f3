import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AgentCommand } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { ManualClock, recordingLogger, waitFor } from '@spotopt/testkit';
import fc from 'fast-check';
import { REMEMBERED_COMMANDS, StateKeeper } from '../state/agent-state.js';
import type { ExecutedCommand } from '../state/agent-state.js';
import { MemoryStateStore } from '../state/memory-state.store.js';
import { CommandExecutor } from './execute-command.js';
import type { CommandHandlers, CommandOutcome } from './execute-command.js';

const clock = new ManualClock();

function command(changes: Partial<AgentCommand> & { commandId: string }): AgentCommand {
  return {
    commandType: 'quiesce',
    agentKey: 'key-1',
    agentId: 'agent-1',
    clientId: 'client-1',
    epoch: 1,
    priority: 100,
    deadlineAt: new Date(clock.nowMs() + 60_000).toISOString(),
    switchId: 'switch-1',
    ...changes,
  } as AgentCommand;
}

interface Bench {
  readonly executor: CommandExecutor;
  readonly state: StateKeeper;
  readonly executions: string[];
  readonly done: ExecutedCommand[];
  /** What the next executions do; the default succeeds. */
  behaviour: (given: AgentCommand) => Promise<CommandOutcome>;
}

async function bench(store = new MemoryStateStore()): Promise<Bench> {
  const state = new StateKeeper(store);
  await state.load();
  const executions: string[] = [];
  const done: ExecutedCommand[] = [];
  const result: Bench = {
    state,
    executions,
    done,
    behaviour: (given) => Promise.resolve({ message: 'done', result: { by: given.commandId } }),
    executor: new CommandExecutor({
      clock,
      state,
      logger: recordingLogger(),
      handlers: handlers(),
      onDone: (_command, outcome) => done.push(outcome),
    }),
  };
  function handlers(): CommandHandlers {
    const handler = {
      execute: (given: AgentCommand): Promise<CommandOutcome> => {
        executions.push(given.commandId);
        return result.behaviour(given);
      },
    };
    return {
      switch: handler,
      create_replica: handler,
      terminate_replica: handler,
      terminate_instance: handler,
      quiesce: handler,
      resume: handler,
      promote: handler,
    };
  }
  return result;
}

describe('CommandExecutor', () => {
  let env: Bench;

  beforeEach(async () => {
    env = await bench();
  });

  it('executes once, however often the command comes, and tells the same outcome again', async () => {
    const first = await env.executor.submit(command({ commandId: 'c1' }));
    const again = await env.executor.submit(command({ commandId: 'c1' }));
    expect(env.executions).toEqual(['c1']);
    expect(first).toMatchObject({ success: true, result: { by: 'c1' } });
    expect(again).toEqual({ ...first, reported: false });
    expect(env.done).toHaveLength(2);
  });

  it('joins an execution that is under way', async () => {
    let finish: (outcome: CommandOutcome) => void = () => undefined;
    env.behaviour = () => new Promise((resolve) => (finish = resolve));
    const one = env.executor.submit(command({ commandId: 'c1' }));
    const two = env.executor.submit(command({ commandId: 'c1' }));
    await waitFor(() => env.executions.length === 1, { what: 'the execution' });
    finish({ message: 'late', result: {} });
    expect(await one).toBe(await two);
    expect(env.executions).toEqual(['c1']);
  });

  it('remembers outcomes over a restart', async () => {
    const store = new MemoryStateStore();
    const before = await bench(store);
    await before.executor.submit(command({ commandId: 'c1', epoch: 4 }));
    const after = await bench(store);
    const outcome = await after.executor.submit(command({ commandId: 'c1', epoch: 4 }));
    expect(outcome.result).toEqual({ by: 'c1' });
    expect(after.executions).toEqual([]);
    expect(after.state.current.epoch).toBe(4);
  });

  it('refuses what is too late', async () => {
    const outcome = await env.executor.submit(
      command({ commandId: 'late', deadlineAt: new Date(clock.nowMs()).toISOString() }),
    );
    expect(outcome).toMatchObject({ success: false, result: { code: 'command-expired' } });
    expect(env.executions).toEqual([]);
  });

  it('refuses orders from before the last change of primary, also while one is being carried out', async () => {
    const newer = env.executor.submit(command({ commandId: 'new', epoch: 7, commandType: 'promote' }));
    const older = env.executor.submit(command({ commandId: 'old', epoch: 6, commandType: 'resume' }));
    expect((await newer).success).toBe(true);
    expect(await older).toMatchObject({ success: false, result: { code: 'epoch-stale' } });
    expect((await env.executor.submit(command({ commandId: 'same', epoch: 7 }))).success).toBe(true);
    expect(env.executions).toEqual(['new', 'same']);
  });

  it('tells a failure with its code and goes on', async () => {
    env.behaviour = () => Promise.reject(AppError.transient('capacity-insufficient', 'no room'));
    const outcome = await env.executor.submit(command({ commandId: 'c1' }));
    expect(outcome).toMatchObject({
      success: false,
      message: 'no room',
      result: { code: 'capacity-insufficient' },
    });
    env.behaviour = () => Promise.resolve({ message: 'ok', result: {} });
    expect((await env.executor.submit(command({ commandId: 'c2' }))).success).toBe(true);
  });

  it('does not let a long switch hold up a quiesce', async () => {
    let finish: (outcome: CommandOutcome) => void = () => undefined;
    env.behaviour = (given) =>
      given.commandType === 'switch'
        ? new Promise((resolve) => (finish = resolve))
        : Promise.resolve({ message: 'ok', result: {} });
    const switching = command({
      commandId: 'long',
      commandType: 'switch',
      targetMode: 'spot',
      targetPoolId: null,
      terminateWaitSeconds: 0,
    });
    const long = env.executor.submit(switching);
    await expect(env.executor.submit(command({ commandId: 'short' }))).resolves.toMatchObject({
      success: true,
    });
    finish({ message: 'switched', result: {} });
    await expect(long).resolves.toMatchObject({ success: true });
    await env.executor.idle();
  });

  it('forgets the oldest outcomes only', async () => {
    for (let index = 0; index < REMEMBERED_COMMANDS + 5; index += 1) {
      await env.executor.submit(command({ commandId: `c${String(index)}` }));
    }
    expect(env.state.current.executed).toHaveLength(REMEMBERED_COMMANDS);
    expect(env.state.findExecuted('c4')).toBeUndefined();
    expect(env.state.findExecuted('c5')).toBeDefined();
  });

  it('never executes twice, never lowers the epoch and never obeys a lower one, in any order', async () => {
    const orders = fc.array(
      fc.record({ id: fc.integer({ min: 0, max: 9 }), epoch: fc.integer({ min: 0, max: 5 }) }),
      {
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(orders, async (list) => {
        const fresh = await bench();
        const obeyed: number[] = [];
        fresh.behaviour = (given) => {
          obeyed.push(given.epoch);
          return Promise.resolve({ message: 'ok', result: {} });
        };
        await Promise.all(
          list.map(({ id, epoch }) => fresh.executor.submit(command({ commandId: `c${String(id)}`, epoch }))),
        );
        expect(new Set(fresh.executions).size).toBe(fresh.executions.length);
        expect(obeyed).toEqual([...obeyed].sort((a, b) => a - b));
        expect(fresh.state.current.epoch).toBe(Math.max(0, ...obeyed));
      }),
      { seed: 20261121, numRuns: 150 },
    );
  });
});
