import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { hasCode, isAppError } from '@spotopt/kernel';
import { observationOf } from '../engine/observation-samples.contract.js';
import { ENGINE_FAILURE_CODES, EngineFailed, type EngineIncident } from './engine-failure.js';
import { engineHost } from './engine-host.js';
import { outcomeOf } from './engine-outcome.contract.js';
import { checkFormat } from './foreign-formats.js';
import { bitFlips, type HostileModel, refusedModels, runtimeModels } from './hostile-models.contract.js';
import { manifestOf } from './manifest.js';
import { checkModel } from './onnx-checks.js';
import { logisticModel, manifestSample } from './onnx-samples.contract.js';
import type { EngineArtifact } from './ports.js';

const TIMEOUT_MS = 400;
const BOUND_MS = 25_000;
/** A process for each takes time; what it says is what the checks said. */
const HOST_EVERY = 6;

const incidents: EngineIncident[] = [];
const host = engineHost({
  ...{
    modelMemoryMb: 320,
    inspectMs: TIMEOUT_MS,
    startMs: 20_000,
    startSlowMs: 2_000,
    restMs: 0,
    concurrency: 2,
  },
  onIncident: (incident) => incidents.push(incident),
});
afterAll(() => host.close());

const MANIFEST = manifestSample();
const ports = manifestOf(MANIFEST);
const REFUSED = refusedModels();
const RUNTIME = runtimeModels();

function refusalOf(content: Uint8Array): EngineFailed | null {
  try {
    checkFormat(content, 'onnx');
    checkModel(content, ports);
    return null;
  } catch (error) {
    if (error instanceof EngineFailed) return error;
    throw error;
  }
}

function artifactOf({ name, content }: HostileModel): EngineArtifact {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { engineId: name, kind: 'onnx', name: 'hostile', version: '1', sha256, content, manifest: MANIFEST };
}

const inspect = (content: Uint8Array) => host.inspect({ kind: 'onnx', content, manifest: MANIFEST });

describe('hostile models', () => {
  it('are many', () => {
    expect(new Set(REFUSED.map(({ name }) => name)).size).toBe(REFUSED.length);
    expect(REFUSED.length + RUNTIME.length).toBeGreaterThanOrEqual(200);
  });

  it.each(REFUSED)('$name: refused before it runs', ({ content }) => {
    const startedAtMs = performance.now();
    const refusal = refusalOf(content);
    expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
    expect(refusal?.failure).toMatchObject({
      code: 'engine-failed',
      reason: expect.stringMatching(/^[a-z-]+$/),
    });
    expect(refusal?.message).toMatch(/^.{10,}/);
  });

  it('are refused by the host in the same words, each in a process of its own', async () => {
    const some = REFUSED.filter((_model, index) => index % HOST_EVERY === 0);
    for (const { content } of some) {
      const error: unknown = await inspect(content).catch((failure: unknown) => failure);
      expect(error).toMatchObject({
        ...{ code: 'engine-refused', kind: 'permanent' },
        ...{ message: refusalOf(content)?.message, details: { reason: refusalOf(content)?.failure.reason } },
      });
    }
  });

  it('of one wrong bit are refused, unless they answer right all the same', async () => {
    const unnoticed = bitFlips(120).filter(({ content }) => refusalOf(content) === null);
    expect(unnoticed.length).toBeLessThan(60);
    for (const { content } of unnoticed.slice(0, 5)) {
      const outcome: unknown = await inspect(content).catch((failure: unknown) => failure);
      if (!isAppError(outcome)) expect(outcome).toMatchObject({ name: 'logistic' });
      else expect(outcome).toMatchObject({ code: 'engine-refused', details: { reason: expect.any(String) } });
    }
  });

  it.each(RUNTIME)('$name: passes the checks, and is refused or ended when it runs', async (model) => {
    expect(refusalOf(model.content)).toBeNull();
    const startedAtMs = performance.now();
    const runner = host.open(artifactOf(model));
    const error: unknown = await outcomeOf(runner, observationOf(), TIMEOUT_MS);
    await runner.close();
    expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
    if (!isAppError(error)) {
      // One pool alone may get a right answer; the golden input then finds the model out.
      await expect(inspect(model.content)).rejects.toMatchObject({ code: 'engine-refused' });
      return;
    }
    expect(ENGINE_FAILURE_CODES).toContain(error.code);
    expect(hasCode(error, 'engine-crashed')).toBe(false);
    const incident = incidents.find(({ engineId }) => engineId === model.name);
    expect(incident).toMatchObject({ code: error.code, message: error.message, failures: 1 });
    expect(incident?.pid).toBeGreaterThan(0);
  });

  it('leave the host as it was', async () => {
    await expect(inspect(logisticModel())).resolves.toMatchObject({ name: 'logistic', version: '1.0.0' });
  });
});
