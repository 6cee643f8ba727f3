import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FleetSummary, MODEL_PART_BYTES } from '@spotopt/contracts';
import { waitFor } from '@spotopt/testkit';
import { createHash } from 'node:crypto';
import { ADMIN_TOKEN, GatewayHarness } from '../gateway-harness.contract.js';
import type { CallOptions, HttpAnswer } from '../gateway-harness.contract.js';
import { NO_FLEET } from '../overview/get-stats.js';
import { formOf, MULTIPART_TYPE, sendZeros } from './multipart-body.contract.js';
import type { FormPart } from './multipart-body.contract.js';
import { HAZARD, PlayedRegistry, sessionOf } from './registry.contract.js';

const MODELS = '/api/admin/ml-models';
const UPLOAD = `${MODELS}/upload`;
const MB = 1_048_576;
const MAX_BYTES = 8 * MB;
const AT = '2026-11-21T12:00:00.000Z';

let gateway: GatewayHarness;
let registry: PlayedRegistry;
let client: { id: string; token: string };

beforeAll(async () => {
  gateway = await GatewayHarness.start({ config: { maxModelBytes: MAX_BYTES, openReadsOnLoopback: true } });
  client = await gateway.createClient('acme');
  registry = await PlayedRegistry.of(gateway);
  await gateway.answer(FleetSummary, () => ({
    ...NO_FLEET,
    agentsTotal: 3,
    agentsOnline: 2,
    replicasActive: 3,
    replicasReady: 2,
  }));
});

afterAll(() => gateway.stop());

beforeEach(() => {
  registry.sessions = [];
  registry.live = HAZARD;
  registry.fallback = null;
  registry.finished.length = 0;
  registry.abandoned.length = 0;
});

function upload(parts: readonly FormPart[], more: CallOptions = {}, path = UPLOAD): Promise<HttpAnswer> {
  const headers = { 'content-type': MULTIPART_TYPE, ...more.headers };
  return gateway.call('POST', path, { rawBody: new Uint8Array(formOf(parts)), ...more, headers });
}

const model = (content: string | Buffer = 'onnx', field = 'files'): FormPart => ({
  ...{ field, fileName: 'model.onnx', type: 'application/octet-stream', content },
});
const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');

describe('an upload of a model', () => {
  it('reaches its owner part by part, with every file and what was said of it', async () => {
    const content = Buffer.alloc(2.5 * MODEL_PART_BYTES, 'abc');
    const { status, body } = await upload([
      { field: 'model_type', content: 'sklearn' },
      model(content),
      { field: 'files', fileName: 'C:\\models\\manifest.json', content: '{}' },
      { field: 'version', content: '2' },
      { field: 'icon', fileName: 'icon.png', content: 'png' },
    ]);
    expect(status).toBe(200);
    const sessionId = String(body['sessionId']);
    expect(registry.file(sessionId, 0).equals(content)).toBe(true);
    expect(registry.longestPart).toBeLessThanOrEqual(MODEL_PART_BYTES);
    expect(registry.finished).toEqual([
      {
        sessionId,
        files: [
          { name: 'model.onnx', sizeBytes: content.length, parts: 3, sha256: sha256(content) },
          { name: 'manifest.json', sizeBytes: 2, parts: 1, sha256: sha256('{}') },
        ],
        declared: { model_type: 'sklearn', version: '2' },
      },
    ]);
    expect(body).toEqual({
      ...{ success: true, status: 'success', sessionId, session_id: sessionId },
      message: 'mine@2 is uploaded and waits for its activation',
      filename: 'model.onnx',
      files: ['model.onnx', 'manifest.json'],
      model_path: 'mine@2',
      ...{ name: 'mine', version: '2', kind: 'onnx', sha256: sha256(content), details: {} },
      uploaded_at: AT,
      ...{ restarting: false, requiresRestart: false },
      engine_status: { loaded: true, type: 'hazard', version: '1' },
      model_status: { filesUploaded: 2, totalSize: content.length + 2, sessionType: 'models' },
    });
  });

  it.each(['file', 'model', 'engine', 'files[]', 'files[0]'])('may be in the field %s', async (field) => {
    expect((await upload([model('x', field)])).status).toBe(200);
  });

  it('of an engine has a route of its own', async () => {
    const script = { field: 'file', fileName: 'engine.js', content: 'export const name = 1' };
    const { status, body } = await upload([script], {}, '/api/admin/decision-engine/upload');
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { filename: 'engine.js', model_status: { sessionType: 'decision_engine' } },
    });
  });

  it('that its owner refuses says why, and so does one that does not pass', async () => {
    const pickle = await upload([{ ...model(), fileName: 'xgboost_model.pkl' }]);
    expect(pickle).toMatchObject({
      status: 400,
      body: { code: 'unsupported-model-file', error: 'xgboost_model.pkl: export it to ONNX' },
    });
    registry.refusal = 'the input has 7 features, the manifest lists 8';
    expect(await upload([model()])).toMatchObject({
      status: 400,
      body: { code: 'invalid-model', errors: [{ field: 'files', message: /7 features/ }] },
    });
  });

  it.each<[string, readonly FormPart[], string]>([
    ['without a file', [{ field: 'version', content: '1' }], 'files'],
    ['with a file in another field only', [{ ...model(), field: 'avatar' }], 'files'],
    ['with an empty file', [model('')], 'model.onnx'],
    ['with too many fields', Array.from({ length: 60 }, () => ({ field: 'a', content: 'b' })), 'body'],
  ])('%s is refused by name', async (_what, parts, field) => {
    const answer = await upload(parts);
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect(registry.finished).toEqual([]);
    await waitFor(() => registry.abandoned.length > 0, { what: 'the upload to be given up' });
  });

  it('with more files than anybody needs is refused', async () => {
    const parts = Array.from({ length: 5 }, (_, index) => ({
      ...model(),
      fileName: `${String(index)}.json`,
    }));
    expect(await upload(parts)).toMatchObject({ status: 413, body: { code: 'body-too-large' } });
  });

  it('with a broken body is refused', async () => {
    const whole = formOf([model('x'.repeat(5_000))]);
    for (const rawBody of [whole.subarray(0, 3_000), Buffer.from('no multipart at all'), Buffer.alloc(0)]) {
      const answer = await upload([], { rawBody: new Uint8Array(rawBody) });
      expect({ status: answer.status, code: answer.body['code'] }).toEqual({
        status: 400,
        code: 'invalid-request',
      });
    }
    const noBoundary = await upload([model()], { headers: { 'content-type': 'multipart/form-data' } });
    expect(noBoundary.status).toBe(400);
    expect(registry.finished).toEqual([]);
  });

  it('of another media type is refused, and multipart is refused everywhere else', async () => {
    const json = await gateway.call('POST', UPLOAD, { body: { file: 'x' } });
    expect(json).toMatchObject({ status: 400, body: { errors: [{ field: 'content-type' }] } });
    const text = await gateway.call('POST', UPLOAD, {
      rawBody: 'x',
      headers: { 'content-type': 'text/csv' },
    });
    expect(text.status).toBe(415);
    const elsewhere = await upload([model()], {}, `${MODELS}/activate`);
    expect(elsewhere).toMatchObject({ status: 415, body: { code: 'unsupported-media-type' } });
  });

  it('that is cut off is given up', async () => {
    const before = registry.begun.length;
    const url = gateway.url + UPLOAD;
    await sendZeros({ url, token: ADMIN_TOKEN, fileName: 'm.onnx', bytes: 4 * MB, cutOffAfter: 2 * MB });
    await waitFor(() => registry.abandoned.length > 0, { what: 'the upload to be given up' });
    expect(registry.abandoned).toEqual([registry.begun[before]?.sessionId]);
    expect(registry.finished).toEqual([]);
  });

  it.each([true, false])('has an end, whether it says its length or not: %s', async (withLength) => {
    const form = { url: gateway.url + UPLOAD, token: ADMIN_TOKEN, fileName: 'm.onnx', withLength };
    const fits = await sendZeros({ ...form, bytes: MAX_BYTES });
    expect(fits).toMatchObject({ status: 200 });
    const tooLong = await sendZeros({ ...form, bytes: MAX_BYTES + (withLength ? 2 * MB : 1) });
    expect(tooLong).toMatchObject({
      status: 413,
      body: { code: 'body-too-large', error: 'an upload has at most 8 MB' },
    });
    const limit = Math.ceil(MAX_BYTES / MODEL_PART_BYTES);
    expect(registry.partsTaken % 1).toBe(0);
    expect(registry.finished.at(-1)?.files[0]?.parts).toBe(limit);
  });

  it('is the administrator’s alone', async () => {
    for (const token of [client.token, null, 'token-wrong']) {
      const { status } = await upload([model()], { token });
      expect(status).toBe(token === client.token ? 403 : 401);
    }
    for (const path of ['activate', 'fallback', 'sessions/x/shadow']) {
      const body = { sessionId: 'x', enabled: true };
      expect((await gateway.call('POST', `${MODELS}/${path}`, { token: client.token, body })).status).toBe(
        403,
      );
    }
    expect((await gateway.call('GET', `${MODELS}/sessions`, { token: client.token })).status).toBe(403);
  });

  it('with a request id is one upload however often it comes', async () => {
    const headers = { 'x-request-id': 'roll-out-1' };
    const first = await upload([model('once')], { headers });
    const again = await upload([model('once')], { headers });
    expect(again.body['sessionId']).toBe(first.body['sessionId']);
    expect(again.status).toBe(200);
    expect(registry.finished).toHaveLength(1);
    const other = await upload([model('once')], { headers: { 'x-request-id': 'roll-out-2' } });
    expect(other.body['sessionId']).not.toBe(first.body['sessionId']);
  });

  it('with a request id waits for the rest where it was cut off, and for nothing else', async () => {
    const before = registry.begun.length;
    const form = { url: gateway.url + UPLOAD, token: ADMIN_TOKEN, fileName: 'm.onnx', bytes: 4 * MB };
    await sendZeros({ ...form, cutOffAfter: 2 * MB, requestId: 'cut-off-1' });
    await waitFor(() => registry.begun.length > before, { what: 'the upload to begin' });
    const empty = await upload([model('')], { headers: { 'x-request-id': 'empty-1' } });
    expect(empty.status).toBe(400);
    await waitFor(() => registry.abandoned.length > 0, { what: 'the empty upload to be given up' });
    expect(registry.abandoned).toEqual([registry.begun.at(-1)?.sessionId]);
    expect(await sendZeros({ ...form, requestId: 'cut-off-1' })).toMatchObject({ status: 200 });
  });

  it('may lack what other programs send; that is no fault of the server', async () => {
    const send = (head: string) => {
      const body = `------a-boundary\r\n${head}\r\n\r\nbytes\r\n------a-boundary--\r\n`;
      return upload([], { rawBody: new Uint8Array(Buffer.from(body)) });
    };
    const type = 'Content-Type: application/octet-stream';
    const nameless = await send(`Content-Disposition: form-data; name="files"\r\n${type}`);
    expect(nameless.status).toBe(200);
    expect(registry.finished.at(-1)?.files).toMatchObject([{ name: 'unnamed' }]);
    const fieldless = await send(`Content-Disposition: form-data; filename="model.onnx"\r\n${type}`);
    expect(fieldless.status).toBe(400);
  });

  it('survives an answer of its owner that is lost', async () => {
    registry.losesAnswers = 2;
    const content = Buffer.alloc(MODEL_PART_BYTES + 1, 'z');
    const { status, body } = await upload([model(content)]);
    expect(status).toBe(200);
    expect(registry.file(String(body['sessionId']), 0).equals(content)).toBe(true);
  });
});

describe('who decides', () => {
  const engine = { ...HAZARD, engineId: 's1', kind: 'onnx' as const, name: 'mine', version: '2' };

  it.each(['sessionId', 'session_id', 'model_id'])('is changed by %s', async (name) => {
    registry.sessions = [sessionOf({ engine })];
    const { status, body } = await gateway.call('POST', `${MODELS}/activate`, { body: { [name]: 's1' } });
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        ...{ success: true, status: 'success', model_activated: true, changed: true },
        ...{ sessionId: 's1', session_id: 's1', active_model: 'mine@2', previous_model: 'hazard@1' },
        ...{ message: 'mine@2 is live', restarting: false, requiresRestart: false },
      },
    });
  });

  it('is not changed by what names nothing', async () => {
    const nothing = await gateway.call('POST', `${MODELS}/activate`, { body: {} });
    expect(nothing).toMatchObject({ status: 400, body: { errors: [{ field: 'sessionId' }] } });
    const unknown = await gateway.call('POST', `${MODELS}/activate`, { body: { sessionId: 'none' } });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'engine-unknown' } });
  });

  it('leaves health as it is, JSON and 200, while it changes', async () => {
    registry.sessions = [sessionOf({ engine })];
    let finish = (): void => undefined;
    registry.ready = new Promise((resolve) => {
      finish = resolve;
    });
    const activation = gateway.call('POST', `${MODELS}/activate`, { body: { sessionId: 's1' } });
    await waitFor(() => registry.activated.some(({ engineId }) => engineId === 's1'), { what: 'activation' });
    for (let poll = 0; poll < 20; poll += 1) {
      const health = await gateway.call('GET', '/health', { token: null });
      expect(health).toMatchObject({ status: 200, body: { status: 'healthy' } });
    }
    finish();
    expect((await activation).status).toBe(200);
    expect((await gateway.call('GET', '/health', { token: null })).status).toBe(200);
  });

  it('falls back, with a reason or without, and cannot where there is nothing', async () => {
    const none = await gateway.call('POST', `${MODELS}/fallback`);
    expect(none).toMatchObject({ status: 404, body: { code: 'fallback-not-found' } });
    registry.fallback = engine;
    const { body } = await gateway.call('POST', `${MODELS}/fallback`, { body: { reason: 'worse' } });
    expect(body).toEqual({
      ...{ success: true, status: 'success', active_model: 'mine@2', previous_model: 'hazard@1' },
      message: 'fell back from hazard@1 to mine@2',
    });
  });

  it('has company in shadow', async () => {
    const shadow = (body: unknown) => gateway.call('POST', `${MODELS}/sessions/s1/shadow`, { body });
    expect((await shadow({ enabled: true })).body).toMatchObject({ sessionId: 's1', shadow: true });
    expect((await shadow({ enabled: false })).body).toMatchObject({ session_id: 's1', shadow: false });
    expect(await shadow({})).toMatchObject({ status: 400, body: { errors: [{ field: 'enabled' }] } });
    expect(registry.shadowed.map(({ enabled }) => enabled)).toEqual([true, false]);
  });
});

describe('the list of uploads', () => {
  const files = [{ name: 'model.onnx', sizeBytes: 4, parts: 1, sha256: sha256('onnx') }];

  beforeEach(() => {
    registry.sessions = [
      sessionOf({ sessionId: 'new', files }),
      sessionOf({ sessionId: 'old', state: 'fallback', files, activatedAt: AT }),
      sessionOf({ sessionId: 'gone', state: 'archived', files, filesKept: false }),
    ];
  });

  it('shows what is in force and what waits', async () => {
    const { body } = await gateway.call('GET', `${MODELS}/sessions`);
    expect(body['total']).toBe(3);
    expect(body['sessions']).toMatchObject([
      {
        id: 'new',
        isLive: false,
        isFallback: false,
        status: 'uploaded',
        fileCount: 1,
        files: ['model.onnx'],
      },
      { id: 'old', isLive: false, isFallback: true, status: 'activated', totalSize: 4, activatedAt: AT },
      { id: 'builtin:hazard', isLive: true, isFallback: false, fileCount: 0, files: [] },
    ]);
    const all = await gateway.call('GET', `${MODELS}/sessions?all=true`);
    expect(all.body['total']).toBe(4);
  });

  it('is a bare array for a page that sends no token', async () => {
    const { text } = await gateway.call('GET', `${MODELS}/sessions`, { token: null });
    expect(JSON.parse(text)).toMatchObject([{ id: 'new' }, { id: 'old' }, { id: 'builtin:hazard' }]);
  });
});

describe('system health', () => {
  const path = '/api/admin/system-health';

  it('calls a model loaded only when there is one', async () => {
    const { body } = await gateway.call('GET', path);
    expect(body).toMatchObject({
      apiStatus: 'healthy',
      database: { connected: true },
      agents: { total: 3, online: 2, offline: 1 },
      replicas: { active: 3, ready: 2, syncing: 0 },
      decisionEngineStatus: { loaded: true, type: 'hazard', version: '1', files: [] },
      modelStatus: { loaded: false, filesUploaded: 0, activeModels: [] },
      mlModelsStatus: { activeModel: null, totalModels: 0, lastUpload: null },
      partial: false,
    });
  });

  it('lists files by what they were uploaded as, and the model that decides', async () => {
    await upload([model()]);
    const script = { field: 'engine', fileName: 'engine.js', content: 'x' };
    await upload([script], {}, '/api/admin/decision-engine/upload');
    const [first] = registry.sessions;
    registry.live = first?.engine ?? HAZARD;
    const { body } = await gateway.call('GET', path);
    expect(body).toMatchObject({
      decisionEngineStatus: {
        ...{ type: 'mine', version: '2', kind: 'onnx', filesUploaded: 1 },
        files: [{ name: 'engine.js', size: 1, modified: AT }],
      },
      modelStatus: { loaded: true, filesUploaded: 1, activeModels: [{ name: 'mine', version: '2' }] },
      mlModelsStatus: {
        activeModel: 'mine@2',
        totalModels: 2,
        lastUpload: AT,
        files: [{ name: 'model.onnx' }],
      },
    });
  });
});
