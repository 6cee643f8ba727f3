import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MODEL_PART_BYTES } from '@spotopt/contracts';
import { changeRows } from '@spotopt/persistence';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { observationOf } from '../engine/observation-samples.contract.js';
import { FakeEngineHost, scriptOf } from './fake-engine-host.contract.js';
import { factsOf, ModelsWorld, partsOf } from './models-world.contract.js';

const HOUR_MS = 3_600_000;
const engine = (name: string, more: object = {}) => ({
  name: 'engine.js',
  content: scriptOf({ name, version: '1', ...more }),
});
const by = (engineId: string) => ({ engineId, requestedBy: 'admin' });

describe.each(databaseDialects())('the registry of engines on %s', (dialect) => {
  let world: ModelsWorld;

  beforeEach(async () => {
    world = await ModelsWorld.start(dialect);
  });

  afterEach(() => world.stop());

  const activate = async (name: string): Promise<string> => {
    const { sessionId } = await world.upload([engine(name)]);
    await world.parts.activateEngine.execute(by(sessionId));
    await world.clock.advance(1_000);
    return sessionId;
  };
  const stateOf = async (sessionId: string) => {
    const { sessions } = await world.parts.readModels.list({ all: true, limit: 100 });
    const found = sessions.find((session) => session.sessionId === sessionId);
    return { state: found?.state, filesKept: found?.filesKept };
  };
  const partsLeft = async (sessionId: string): Promise<number> =>
    (await world.rows('SELECT 1 FROM model_part WHERE session_id = ?', [sessionId])).length;

  it('starts with the built-in engines', async () => {
    const current = await world.parts.liveEngines.current();
    expect(current).toMatchObject({
      live: { engineId: 'builtin:hazard', kind: 'builtin' },
      fallback: { engineId: 'builtin:seed-rule' },
      shadows: [],
    });
    expect(await world.slots()).toEqual({ live: 'builtin:hazard', fallback: 'builtin:seed-rule' });
  });

  it('stores a file in parts, and reads the same bytes from any process', async () => {
    const content = Buffer.from(scriptOf({ name: 'long', version: '2' }) + ' '.repeat(3 * MODEL_PART_BYTES));
    const session = await world.upload([
      { name: 'engine.js', content },
      { name: 'manifest.json', content: '{}' },
    ]);
    expect(session).toMatchObject({ state: 'validated', filesKept: true, totalBytes: content.length + 2 });
    expect(session.engine).toMatchObject({ engineId: session.sessionId, name: 'long', version: '2' });
    expect(await partsLeft(session.sessionId)).toBe(5);
    await world.parts.activateEngine.execute(by(session.sessionId));
    const other = world.process();
    const { live } = await other.liveEngines.current();
    const runner = await other.liveEngines.runnerOf(live);
    expect(await runner.propose(observationOf(), 1_000)).toMatchObject({
      engine: 'long',
      engineVersion: '2',
    });
    await other.liveEngines.close();
  });

  it('takes parts twice and in any order, but never with another content', async () => {
    const { receiveUpload } = world.parts;
    const sessionId = world.ids.next();
    const begin = () => receiveUpload.begin({ sessionId, sessionType: 'models', uploadedBy: 'admin' });
    expect((await begin()).state).toBe('receiving');
    expect((await begin()).state).toBe('receiving');
    const add = (text: string) =>
      receiveUpload.addPart({
        sessionId,
        file: 0,
        fileName: 'a.js',
        part: 0,
        data: Buffer.from(text).toString('base64'),
      });
    expect(await add('one')).toBe(true);
    expect(await add('one')).toBe(false);
    await expect(add('two')).rejects.toMatchObject({ code: 'upload-part-conflict' });
  });

  it('does not finish what is not complete, and finishes it later', async () => {
    const { receiveUpload, finishUpload } = world.parts;
    const file = engine('late');
    const sessionId = world.ids.next();
    await receiveUpload.begin({ sessionId, sessionType: 'models', uploadedBy: 'admin' });
    const finish = () => finishUpload.execute({ sessionId, files: [factsOf(file)], declared: {} });
    await expect(finish()).rejects.toMatchObject({ code: 'upload-incomplete', kind: 'permanent' });
    const data = Buffer.from(file.content).toString('base64');
    await receiveUpload.addPart({ sessionId, file: 0, fileName: file.name, part: 0, data });
    expect((await finish()).state).toBe('validated');
    expect((await finish()).state).toBe('validated');
    const more = receiveUpload.addPart({ sessionId, file: 0, fileName: file.name, part: 1, data });
    await expect(more).rejects.toMatchObject({ code: 'upload-complete' });
  });

  it('refuses a pickle with the way to ONNX, and keeps the record', async () => {
    const sessionId = world.ids.next();
    const upload = world.upload([{ name: 'xgboost_model.pkl', content: 'x' }], { sessionId });
    await expect(upload).rejects.toMatchObject({ code: 'unsupported-model-file', kind: 'permanent' });
    await expect(upload).rejects.toThrow(/ONNX/);
    expect(await stateOf(sessionId)).toEqual({ state: 'refused', filesKept: false });
    expect((await world.parts.readModels.list({ all: false, limit: 10 })).sessions).toEqual([]);
  });

  it.each([
    ['an engine with a fault', [engine('bad', { fault: 'it loops for ever' })], 'it loops for ever'],
    ['an engine without a name', [engine('')], 'the name of the engine'],
    ['no engine', [{ name: 'manifest.json', content: '{}' }], 'needs one engine'],
    ['two engines', [engine('a'), { ...engine('b'), name: 'b.js' }], 'has one engine'],
    [
      'two manifests',
      [engine('a'), { name: 'manifest.json', content: '{}' }, { name: 'manifest.json', content: '1' }],
      'one manifest',
    ],
  ])('refuses %s and says why', async (_what, files, reason) => {
    const session = await world.upload(files);
    expect(session.state).toBe('refused');
    expect(session.reason).toContain(reason);
    await world.parts.sweepUploads.execute();
    expect(await partsLeft(session.sessionId)).toBe(0);
    const activation = world.parts.activateEngine.execute(by(session.sessionId));
    await expect(activation).rejects.toMatchObject({ code: 'model-not-ready' });
  });

  it('keeps an upload that could not be looked at, and looks at it later', async () => {
    world.host.busy = 1;
    const sessionId = world.ids.next();
    await expect(world.upload([engine('late')], { sessionId })).rejects.toMatchObject({ kind: 'transient' });
    expect(await stateOf(sessionId)).toEqual({ state: 'uploaded', filesKept: true });
    await world.parts.activateEngine.execute(by(sessionId));
    expect(await stateOf(sessionId)).toEqual({ state: 'live', filesKept: true });
  });

  it('keeps the files of the live engine and the fallback, and every description', async () => {
    const [first, second, third] = [await activate('a'), await activate('b'), await activate('c')];
    expect(await world.slots()).toEqual({ live: third, fallback: second });
    await world.parts.sweepUploads.execute();
    expect(await Promise.all([first, second, third].map(partsLeft))).toEqual([0, 1, 1]);
    expect(await stateOf(first)).toEqual({ state: 'archived', filesKept: false });
    const events = await world.events();
    expect(events.map(({ data }) => [data['revision'], (data['engine'] as { name: string }).name])).toEqual([
      [2, 'a'],
      [3, 'b'],
      [4, 'c'],
    ]);
    await expect(world.parts.activateEngine.execute(by(first))).rejects.toThrow(/upload it again/);
    await world.parts.activateEngine.execute(by('builtin:seed-rule'));
    expect(await world.slots()).toEqual({ live: 'builtin:seed-rule', fallback: third });
  });

  it('activates twice with one effect, and nothing that is damaged', async () => {
    const { sessionId } = await world.upload([engine('a')]);
    await world.parts.activateEngine.execute(by(sessionId));
    const again = await world.parts.activateEngine.execute(by(sessionId));
    expect(again.after).toBe(again.before);
    expect(await world.events()).toHaveLength(1);
    const { sessionId: broken } = await world.upload([engine('b')]);
    await world.test.database.uow.run(async (tx) => {
      await changeRows(tx, 'UPDATE model_part SET content = ? WHERE session_id = ?', [
        Buffer.from('{}'),
        broken,
      ]);
    });
    const activation = world.parts.activateEngine.execute(by(broken));
    await expect(activation).rejects.toMatchObject({ code: 'model-files-damaged' });
    expect(await world.slots()).toEqual({ live: sessionId, fallback: 'builtin:hazard' });
    await expect(world.parts.activateEngine.execute(by('no-such'))).rejects.toMatchObject({
      code: 'engine-unknown',
    });
  });

  it('does not let an engine decide that cannot answer', async () => {
    const { sessionId } = await world.upload([engine('mute', { fails: true })]);
    const activation = world.parts.activateEngine.execute(by(sessionId));
    await expect(activation).rejects.toMatchObject({ code: 'engine-failed' });
    expect((await world.slots())['live'] ?? 'builtin:hazard').toBe('builtin:hazard');
    expect(world.host.running.size).toBe(0);
  });

  it('has one live engine whoever activates at the same time', async () => {
    const uploads = [];
    for (const name of ['a', 'b', 'c', 'd']) uploads.push((await world.upload([engine(name)])).sessionId);
    await Promise.all(uploads.map((id) => world.process().activateEngine.execute(by(id))));
    const states = await Promise.all(uploads.map(stateOf));
    expect(states.map(({ state }) => state).sort()).toEqual(['archived', 'archived', 'fallback', 'live']);
    const slots = await world.slots();
    expect(uploads[states.findIndex(({ state }) => state === 'live')]).toBe(slots['live']);
    expect(uploads[states.findIndex(({ state }) => state === 'fallback')]).toBe(slots['fallback']);
    const events = await world.events();
    const chain = events.map(
      ({ data }) => data as { engine: { engineId: string }; previous: { engineId: string } },
    );
    expect(chain.map(({ previous }) => previous.engineId)).toEqual([
      'builtin:hazard',
      ...chain.slice(0, -1).map(({ engine: { engineId } }) => engineId),
    ]);
  });

  it('falls back, and back again', async () => {
    const uploaded = await activate('a');
    const fall = (requestId = world.ids.next()) =>
      world.parts.fallBack.execute({ requestId, reason: 'worse', requestedBy: 'admin' });
    await fall('once');
    // A process that ended between its commit and its answer: the broker asks another one.
    await fall('once');
    expect(await world.slots()).toEqual({ live: 'builtin:hazard', fallback: uploaded });
    expect((await stateOf(uploaded)).state).toBe('fallback');
    await fall();
    expect(await world.slots()).toEqual({ live: uploaded, fallback: 'builtin:hazard' });
    expect((await world.events()).at(-1)).toMatchObject({
      type: 'spotopt.model.rolled-back.v1',
      data: { reason: 'worse', automatic: false, revision: 4 },
    });
  });

  it('has nothing to fall back to when there is one engine only', async () => {
    await world.parts.liveEngines.current();
    await world.test.database.uow.run(async (tx) => {
      await changeRows(tx, "DELETE FROM engine_slot WHERE slot = 'fallback'");
    });
    const fall = world.parts.fallBack.execute({ requestId: 'r', reason: 'x', requestedBy: 'admin' });
    await expect(fall).rejects.toMatchObject({ code: 'fallback-not-found' });
    const uploaded = await activate('a');
    expect(await world.slots()).toEqual({ live: uploaded, fallback: 'builtin:hazard' });
  });

  it('takes an engine out that failed three times in a row, once', async () => {
    const failing = await activate('a');
    const report = async (failure: boolean): Promise<void> => {
      const { live } = await world.parts.liveEngines.current();
      const code = { code: 'engine-timeout', message: 'no answer' };
      await world.parts.roster.report(live, failure ? code : null);
    };
    for (const failure of [true, true, false, true, true]) await report(failure);
    expect((await world.slots())['live']).toBe(failing);
    await report(true);
    expect(await world.slots()).toEqual({ live: 'builtin:hazard', fallback: failing });
    expect((await world.events()).at(-1)).toMatchObject({
      data: { automatic: true, reason: 'engine failed 3 times in a row: engine-timeout: no answer' },
    });
    const other = world.process().fallBack;
    expect(await other.rollBack({ engineId: failing, reason: 'seen as well' })).toBe('not-live');
    expect(await other.rollBack({ engineId: 'builtin:hazard', reason: 'too' })).toBe('no-fallback');
    expect((await world.slots())['live']).toBe('builtin:hazard');
  });

  it('hands an engine that cannot be opened to the roster as one that fails', async () => {
    const uploaded = await activate('a');
    await world.test.database.uow.run(async (tx) => {
      await changeRows(tx, 'DELETE FROM model_part WHERE session_id = ?', [uploaded]);
    });
    const other = world.process();
    const [live, fallback] = await other.roster.inCharge();
    const ask = async () => live?.propose(observationOf(), 5_000);
    await expect(ask()).rejects.toMatchObject({ code: 'model-files-damaged' });
    // The same failure again is not another one.
    await expect(ask()).rejects.toMatchObject({ code: 'engine-not-open', kind: 'transient' });
    expect(fallback?.ref.engineId).toBe('builtin:hazard');
    expect(await other.readModels.status()).toMatchObject({ loaded: false });
    await expect(other.roster.find(live!.ref)).rejects.toMatchObject({ code: 'engine-gone' });
  });

  it('counts no failure against an engine that only was not ready', async () => {
    const uploaded = await activate('a');
    const { live } = await world.parts.liveEngines.current();
    for (const code of ['engine-busy', 'engine-starting', 'engine-not-open', 'engine-paused']) {
      for (let time = 0; time < 3; time += 1) {
        await world.parts.roster.report(live, { code, message: 'not now' });
      }
    }
    expect((await world.slots())['live']).toBe(uploaded);
  });

  it('opens the fallback when it is asked, and waits for the live one no longer than for its answer', async () => {
    await activate('a');
    await activate('b');
    const other = new FakeEngineHost();
    const parts = world.process(undefined, other);
    let letGo = (): void => undefined;
    other.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const [live, fallback] = await parts.roster.inCharge();
    await expect(live?.propose(observationOf(), 1)).rejects.toMatchObject({ code: 'engine-starting' });
    await waitFor(() => other.opened === 1, { what: 'the live engine to be opened' });
    letGo();
    expect((await live?.propose(observationOf(), 5_000))?.engine).toBe('b');
    expect(other.opened).toBe(1);
    expect((await fallback?.propose(observationOf(), 5_000))?.engine).toBe('a');
    expect(other.opened).toBe(2);
    await parts.liveEngines.close();
  });

  it('hands out an engine of its own for what is made again', async () => {
    const uploaded = await activate('a');
    const { roster, liveEngines } = world.parts;
    const { live } = await liveEngines.current();
    const kept = await liveEngines.runnerOf(live);
    const apart = await roster.find(live);
    expect(apart).not.toBe(kept);
    await apart.close();
    expect((await kept.propose(observationOf(), 100)).engine).toBe('a');
    expect((await world.slots())['live']).toBe(uploaded);
  });

  it('keeps what it starts for an activation open, whoever looks at the engines meanwhile', async () => {
    const { activateEngine, liveEngines } = world.parts;
    const { sessionId } = await world.upload([engine('a')]);
    let letGo = (): void => undefined;
    world.host.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const activation = activateEngine.execute(by(sessionId));
    await waitFor(() => world.host.opened === 1, { what: 'the start' });
    await liveEngines.current();
    letGo();
    await activation;
    const { live } = await liveEngines.current();
    expect((await (await liveEngines.runnerOf(live)).propose(observationOf(), 100)).engine).toBe('a');
    expect(world.host.opened).toBe(1);
    // So is an engine that takes over again, which nobody needed to have open.
    await activate('b');
    const other = world.process();
    await other.fallBack.execute({ requestId: world.ids.next(), reason: 'worse', requestedBy: 'admin' });
    expect((await other.liveEngines.current()).live.engineId).toBe(sessionId);
    expect(world.host.opened).toBe(3);
    await other.liveEngines.close();
  });

  it('keeps it open also for whoever looked before the change and lets go after it', async () => {
    const { uow } = world.test.database;
    const { liveEngines } = world.parts;
    let letGo = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const read = uow.read.bind(uow);
    let reads = 0;
    const slowed = jest.spyOn(uow, 'read').mockImplementation(async (work) => {
      const answer = await read(work);
      reads += 1;
      // The slots are read first, then those in shadow.
      if (reads === 2) await gate;
      return answer;
    });
    const stale = liveEngines.current();
    await waitFor(() => reads === 2, { what: 'the slots to be read' });
    slowed.mockRestore();
    await activate('a');
    letGo();
    await stale;
    const { live } = await liveEngines.current();
    expect((await (await liveEngines.runnerOf(live)).propose(observationOf(), 100)).engine).toBe('a');
    expect(world.host.opened).toBe(1);
  });

  it('opens engines for replays one after the other', async () => {
    await activate('a');
    const { liveEngines } = world.parts;
    const { live } = await liveEngines.current();
    let letGo = (): void => undefined;
    world.host.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const before = world.host.opened;
    const replays = Array.from({ length: 20 }, () => liveEngines.openApart(live));
    await waitFor(() => world.host.opened > before, { what: 'the first' });
    for (let turn = 0; turn < 5; turn += 1) await liveEngines.current();
    expect(world.host.opened).toBe(before + 1);
    letGo();
    const opened = await Promise.all(replays);
    expect(world.host.opened).toBe(before + 20);
    await Promise.all(opened.map((runner) => runner.close()));
  });

  it('does not read the file of a fallback that may not take over', async () => {
    const first = await activate('a');
    await activate('b');
    const { fallBack } = world.parts;
    await world.test.database.uow.run(async (tx) => {
      await changeRows(tx, 'DELETE FROM model_part WHERE session_id = ?', [first]);
    });
    // With the file read first it would be `no-fallback`.
    expect(await fallBack.rollBack({ engineId: 'builtin:hazard', reason: 'late' })).toBe('not-live');
  });

  it('runs any number in shadow, and keeps their files as long', async () => {
    const first = await activate('a');
    await world.parts.setShadow.execute({ engineId: first, enabled: true });
    await world.parts.setShadow.execute({ engineId: 'builtin:seed-rule', enabled: true });
    const shadows = async () =>
      (await world.parts.liveEngines.current()).shadows.map(({ engineId }) => engineId).sort();
    expect(await shadows()).toEqual(['builtin:seed-rule']);
    await activate('b');
    await activate('c');
    await world.parts.sweepUploads.execute();
    expect(await stateOf(first)).toEqual({ state: 'archived', filesKept: true });
    expect(await shadows()).toEqual([first, 'builtin:seed-rule'].sort());
    await world.parts.setShadow.execute({ engineId: first, enabled: false });
    await world.parts.setShadow.execute({ engineId: first, enabled: false });
    await world.parts.sweepUploads.execute();
    expect(await partsLeft(first)).toBe(0);
    const again = world.parts.setShadow.execute({ engineId: first, enabled: true });
    await expect(again).rejects.toMatchObject({ code: 'model-not-ready' });
    const unknown = world.parts.setShadow.execute({ engineId: 'no-such', enabled: true });
    await expect(unknown).rejects.toMatchObject({ code: 'engine-unknown' });
  });

  it('opens an engine once, swaps it without a restart, and ends the old one when nobody waits for it', async () => {
    const first = await activate('a');
    const { liveEngines } = world.parts;
    const runnerOfLive = async () => liveEngines.runnerOf((await liveEngines.current()).live);
    const [one, two] = await Promise.all([runnerOfLive(), runnerOfLive()]);
    expect(one).toBe(two);
    expect(world.host.opened).toBe(1);
    let letGo = (): void => undefined;
    const running = world.host.running.get(first);
    running!.gate = new Promise((resolve) => {
      letGo = resolve;
    });
    const answer = one.propose(observationOf(), 1_000);
    // Another process changes who decides, twice.
    const other = world.process(undefined, new FakeEngineHost());
    for (const name of ['b', 'c']) {
      const { sessionId } = await world.upload([engine(name)]);
      await other.activateEngine.execute(by(sessionId));
    }
    expect((await (await runnerOfLive()).propose(observationOf(), 100)).engine).toBe('c');
    expect(world.host.running.has(first)).toBe(true);
    letGo();
    expect((await answer).engine).toBe('a');
    await waitFor(() => !world.host.running.has(first), { what: 'the old engine to end' });
    await expect(one.propose(observationOf(), 100)).rejects.toMatchObject({ code: 'engine-retired' });
    await liveEngines.close();
    expect(world.host.running.size).toBe(0);
    await expect(runnerOfLive()).rejects.toMatchObject({ code: 'engines-closed' });
  });

  it('forgets an upload that never became complete, after an hour', async () => {
    const { receiveUpload, sweepUploads } = world.parts;
    const sessionId = world.ids.next();
    await receiveUpload.begin({ sessionId, sessionType: 'models', uploadedBy: 'admin' });
    for (const [part, bytes] of partsOf(Buffer.alloc(12 * 400_000, 1)).entries()) {
      await receiveUpload.addPart({
        sessionId,
        file: 0,
        fileName: 'a.onnx',
        part,
        data: bytes.toString('base64'),
      });
    }
    await world.clock.advance(HOUR_MS);
    await sweepUploads.execute();
    expect(await partsLeft(sessionId)).toBe(13);
    await world.clock.advance(1);
    await sweepUploads.execute();
    expect(await partsLeft(sessionId)).toBe(0);
    expect(await world.rows('SELECT 1 FROM model_session')).toEqual([]);
    expect(await receiveUpload.abandon(sessionId)).toBe(false);
  });

  it('takes nothing more of an upload that is being given up', async () => {
    const { receiveUpload, finishUpload } = world.parts;
    const sessionId = world.ids.next();
    await receiveUpload.begin({ sessionId, sessionType: 'models', uploadedBy: 'admin' });
    await world.rows("UPDATE model_session SET files_state = 'leaving'");
    const part = { sessionId, file: 0, fileName: 'a.onnx', part: 0, data: 'AAAA' };
    await expect(receiveUpload.addPart(part)).rejects.toMatchObject({ code: 'upload-unknown' });
    const file = { name: 'a.onnx', sizeBytes: 3, sha256: 'x', parts: 0 };
    await expect(finishUpload.execute({ sessionId, files: [file], declared: {} })).rejects.toMatchObject({
      kind: 'permanent',
    });
    expect(await receiveUpload.abandon(sessionId)).toBe(true);
  });

  it('takes few uploads at a time, and keeps the newest that wait', async () => {
    const { receiveUpload } = world.parts;
    const begin = () =>
      receiveUpload.begin({ sessionId: world.ids.next(), sessionType: 'models', uploadedBy: 'admin' });
    for (let open = 0; open < 8; open += 1) await begin();
    await expect(begin()).rejects.toMatchObject({ code: 'too-many-uploads', kind: 'transient' });
    await world.clock.advance(HOUR_MS + 1);
    await world.parts.sweepUploads.execute();
    const sessions = [];
    for (let upload = 0; upload < 10; upload += 1) {
      sessions.push((await world.upload([engine(`e${String(upload)}`)])).sessionId);
      await world.clock.advance(1_000);
    }
    const states = await Promise.all(sessions.map(stateOf));
    expect(states.map(({ state }) => state)).toEqual([
      ...['archived', 'archived'],
      ...Array.from({ length: 8 }, () => 'validated'),
    ]);
    expect(await world.parts.readModels.status()).toMatchObject({
      uploads: 10,
      files: Array.from({ length: 8 }, () => ({ name: 'engine.js', sessionType: 'models' })),
    });
  });
});
