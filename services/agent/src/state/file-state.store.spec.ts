import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { recordingLogger } from '@spotopt/testkit';
import { FRESH_STATE, StateKeeper } from './agent-state.js';
import type { AgentState, ExecutedCommand } from './agent-state.js';
import { FileStateStore } from './file-state.store.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'agent-state-'));
  path = join(directory, 'deep', 'state.json');
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function store(): FileStateStore {
  return new FileStateStore(path, recordingLogger());
}

const EXECUTED: ExecutedCommand = {
  commandId: 'c1',
  commandType: 'promote',
  success: true,
  message: 'ok',
  result: { servingSince: '2026-01-01T00:00:00.000Z' },
  finishedAtMs: 1,
  reported: false,
};
const STATE: AgentState = { epoch: 7, quiesced: { switchId: 's1', epoch: 6 }, executed: [EXECUTED] };

describe('FileStateStore', () => {
  it('starts fresh without a file and gives back what was saved', async () => {
    await expect(store().load()).resolves.toEqual(FRESH_STATE);
    await store().save(STATE);
    await expect(store().load()).resolves.toEqual(STATE);
    await store().save({ ...STATE, epoch: 8 });
    await expect(store().load()).resolves.toMatchObject({ epoch: 8 });
  });

  it('keeps the old state when a crash cut a save short at any byte', async () => {
    await store().save(STATE);
    const whole = await readFile(path, 'utf8');
    for (let length = 0; length < whole.length; length += 7) {
      await writeFile(`${path}.new`, whole.slice(0, length));
      await expect(store().load()).resolves.toEqual(STATE);
    }
    await store().save({ ...STATE, epoch: 9 });
    await expect(store().load()).resolves.toMatchObject({ epoch: 9 });
  });

  it.each(['', '{', '{"epoch":-1}', '[]'])('puts an unreadable file aside: %j', async (content) => {
    await store().save(STATE);
    await writeFile(path, content);
    const logger = recordingLogger();
    await expect(new FileStateStore(path, logger).load()).resolves.toEqual(FRESH_STATE);
    expect(logger.messages('error')).toHaveLength(1);
    await expect(readdir(join(directory, 'deep'))).resolves.toContain('state.json.unreadable');
  });

  it('is not ahead of the file when a save fails', async () => {
    const keeper = new StateKeeper(store());
    await keeper.load();
    await keeper.raiseEpoch(2);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'in the way');
    await expect(keeper.raiseEpoch(3)).rejects.toThrow();
    expect(keeper.current.epoch).toBe(2);
  });
});
