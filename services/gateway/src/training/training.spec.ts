import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  ActivateHazardPriors,
  CreateTrainingSet,
  FitHazardPriors,
  ListHazardPriors,
  ListTrainingSets,
  RemakeTrainingSet,
  TrainingColumns,
  TrainingSetPiece,
} from '@spotopt/contracts';
import type { HazardPriorFit, RpcRequest, TrainingSetView } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { ManualClock } from '@spotopt/testkit';
import { createHash } from 'node:crypto';
import { GatewayHarness } from '../gateway-harness.contract.js';

const NOW = '2026-11-21T12:00:00.000Z';
const PIECES = [Buffer.from('pool_id,usd\n'), Buffer.from('t3.medium.us-east-1a,0.01\n')];
const FILE = Buffer.concat(PIECES);
const SHA256 = createHash('sha256').update(FILE).digest('hex');

let gateway: GatewayHarness;
let acme: { id: string; token: string };
let sets: TrainingSetView[];
const created: RpcRequest<typeof CreateTrainingSet>[] = [];
const fitted: RpcRequest<typeof FitHazardPriors>[] = [];
const activated: (string | null)[] = [];

function trainingSet(more: Partial<TrainingSetView> = {}): TrainingSetView {
  return {
    ...{ setId: 'set-1', name: 'spring & autumn', version: 2, state: 'completed', format: 'csv' },
    ...{ from: '2026-08-23T12:00:00.000Z', until: NOW, region: null, instanceTypes: ['t3.medium'] },
    ...{ columnsVersion: 1, asOf: NOW, createdAt: NOW, finishedAt: NOW, progress: 1, pools: 1, rows: 1 },
    ...{ rowsLeftOut: 3, bytes: FILE.length, sha256: SHA256, fileUntil: '2026-11-28T12:00:00.000Z' },
    ...{ reproduced: null, error: null },
    ...more,
  };
}

const spells = { alpha: 0.6, betaSeconds: 1_200, spells: 9, ended: 7 };

function fit(more: Partial<HazardPriorFit> = {}): HazardPriorFit {
  return {
    ...{ fitId: 'fit-1', state: 'completed', from: NOW, until: NOW, region: null, instanceTypes: null },
    ...{ createdAt: NOW, finishedAt: NOW, progress: 1, pools: 1, active: false, error: null },
    priors: { all: { up: spells, down: spells }, markets: [] },
    ...more,
  };
}

beforeAll(async () => {
  gateway = await GatewayHarness.start({ clock: new ManualClock(new Date(NOW)) });
  acme = await gateway.createClient('acme');
  await gateway.answer(TrainingColumns, () => ({
    version: 1,
    columns: [
      {
        ...{ name: 'rising', type: 'boolean' as const, unit: null, role: 'feature' as const },
        meaning: 'Whether it rises.',
        nullMeaning: 'no price is known',
      },
    ],
  }));
  await gateway.answer(CreateTrainingSet, (request) => {
    created.push(request);
    if (request.region === 'nowhere')
      throw AppError.permanent('invalid-training-pools', 'no known pool fits');
    return { set: trainingSet({ state: 'queued', sha256: null, fileUntil: null }) };
  });
  await gateway.answer(ListTrainingSets, ({ setId }) => ({
    sets: sets.filter((set) => setId === null || set.setId === setId),
  }));
  await gateway.answer(RemakeTrainingSet, ({ setId }) => {
    if (setId !== 'set-1') throw AppError.permanent('training-set-unknown', 'training set not found');
    return { set: trainingSet({ state: 'queued', fileUntil: null }) };
  });
  await gateway.answer(TrainingSetPiece, ({ number }) => ({
    base64: (PIECES[number] ?? Buffer.alloc(0)).toString('base64'),
    last: number === PIECES.length - 1,
  }));
  await gateway.answer(FitHazardPriors, (request) => {
    fitted.push(request);
    return { fit: fit({ state: 'queued', priors: null }) };
  });
  await gateway.answer(ListHazardPriors, () => ({
    builtIn: { up: { alpha: 0.5, betaSeconds: 1_200 }, down: { alpha: 0.75, betaSeconds: 1_200 } },
    activeFitId: 'fit-1',
    fits: [fit({ active: true })],
  }));
  await gateway.answer(ActivateHazardPriors, ({ fitId }) => {
    activated.push(fitId);
    return { activeFitId: fitId };
  });
});

afterAll(() => gateway.stop());

beforeEach(() => {
  sets = [trainingSet()];
});

describe('training sets', () => {
  it('are described by a dictionary', async () => {
    expect((await gateway.call('GET', '/api/admin/training-sets/columns')).body).toEqual({
      version: 1,
      columns: [
        {
          ...{ name: 'rising', type: 'boolean', unit: null, role: 'feature', meaning: 'Whether it rises.' },
          null_meaning: 'no price is known',
        },
      ],
    });
  });

  it('are asked for, of the last 90 days when no time is given', async () => {
    const body = { name: ' spring ', format: 'parquet', instance_types: ['t3.medium'] };
    const answer = await gateway.call('POST', '/api/admin/training-sets', { body });
    expect(answer).toMatchObject({
      status: 202,
      body: {
        success: true,
        training_set: { id: 'set-1', state: 'queued', file_url: null, rows_left_out: 3 },
      },
    });
    expect(created.at(-1)).toEqual({
      ...{ name: 'spring', format: 'parquet', region: null, instanceTypes: ['t3.medium'] },
      ...{ from: '2026-08-23T12:00:00.000Z', until: NOW },
    });
    const explicit = { name: 'x', from: '2026-01-01T00:00', until: '2026-02-01T00:00Z', region: 'us-east-1' };
    await gateway.call('POST', '/api/admin/training-sets', { body: explicit });
    expect(created.at(-1)).toMatchObject({
      ...{ from: '2026-01-01T00:00:00.000Z', until: '2026-02-01T00:00:00.000Z', format: 'csv' },
    });
  });

  it.each([
    ['no name', {}, 'name'],
    ['another format', { name: 'x', format: 'xlsx' }, 'format'],
    ['a time that is none', { name: 'x', from: 'yesterday' }, 'from'],
  ])('are refused with %s', async (_name, body, field) => {
    const answer = await gateway.call('POST', '/api/admin/training-sets', { body });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });

  it('are refused when no pool fits', async () => {
    const body = { name: 'x', region: 'nowhere' };
    const answer = await gateway.call('POST', '/api/admin/training-sets', { body });
    expect(answer).toMatchObject({ status: 400, body: { error: 'no known pool fits' } });
  });

  it('are listed and made again', async () => {
    expect((await gateway.call('GET', '/api/admin/training-sets')).body).toMatchObject({
      training_sets: [{ id: 'set-1', sha256: SHA256, file_url: '/api/admin/training-sets/set-1/file' }],
      total: 1,
    });
    const path = (id: string): string => `/api/admin/training-sets/${id}/remake`;
    expect(await gateway.call('POST', path('set-1'))).toMatchObject({ status: 202 });
    expect(await gateway.call('POST', path('set-9'))).toMatchObject({ status: 404 });
  });

  it('leave as a file', async () => {
    const { status, headers, text } = await gateway.call('GET', '/api/admin/training-sets/set-1/file');
    expect(status).toBe(200);
    expect(text).toBe(FILE.toString());
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(headers.get('content-length')).toBe(String(FILE.length));
    expect(headers.get('content-disposition')).toBe('attachment; filename="spring-autumn-v2.csv"');
  });

  it('break off when the file is not the one that was recorded', async () => {
    sets = [trainingSet({ sha256: 'f'.repeat(64) })];
    const file = gateway.call('GET', '/api/admin/training-sets/set-1/file');
    await expect(file).rejects.toThrow();
  });

  it.each([
    ['that is not known', [], 404],
    ['that is not complete', [trainingSet({ state: 'running', sha256: null, fileUntil: null })], 409],
    ['whose file was deleted', [trainingSet({ fileUntil: null })], 409],
  ])('have no file for a set %s', async (_name, known, status) => {
    sets = known;
    expect((await gateway.call('GET', '/api/admin/training-sets/set-1/file')).status).toBe(status);
  });
});

describe('hazard priors', () => {
  it('are fitted, listed beside the built-in ones, and put to use', async () => {
    const body = { region: 'us-east-1' };
    const asked = await gateway.call('POST', '/api/admin/hazard-priors/fit', { body });
    expect(asked).toMatchObject({ status: 202, body: { fit: { id: 'fit-1', state: 'queued' } } });
    expect(fitted.at(-1)).toMatchObject({ region: 'us-east-1', instanceTypes: null, until: NOW });
    expect((await gateway.call('GET', '/api/admin/hazard-priors')).body).toMatchObject({
      built_in: { up: { alpha: 0.5 } },
      active: 'fit-1',
      fits: [{ id: 'fit-1', active: true, priors: { all: { up: spells } } }],
    });
    const activate = async (id: string) =>
      (await gateway.call('POST', `/api/admin/hazard-priors/${id}/activate`)).body;
    expect(await activate('fit-1')).toMatchObject({ active: 'fit-1' });
    expect(await activate('built-in')).toMatchObject({ active: 'built-in' });
    expect(activated).toEqual(['fit-1', null]);
  });
});

it('is all the administrator’s alone', async () => {
  const paths = ['training-sets', 'training-sets/columns', 'training-sets/set-1/file', 'hazard-priors'];
  for (const path of paths) {
    expect((await gateway.call('GET', `/api/admin/${path}`, { token: acme.token })).status).toBe(403);
  }
});
