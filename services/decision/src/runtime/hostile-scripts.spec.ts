import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { isAppError } from '@spotopt/kernel';
import { observationOf, poolOf } from '../engine/observation-samples.contract.js';
import type { EngineIncident } from './engine-failure.js';
import { engineHost } from './engine-host.js';
import { outcomeOf } from './engine-outcome.contract.js';
import { HOSTILE_SCRIPTS, type HostileScript } from './hostile-scripts.contract.js';
import type { EngineArtifact } from './ports.js';

const TIMEOUT_MS = 300;
/** For what ends by itself: a busy machine must not make a time-out of it. */
const PATIENT_MS = 10_000;
/** Start, answer and kill, on a machine that does other things as well. */
const BOUND_MS = 15_000;

const incidents: EngineIncident[] = [];
const host = engineHost({
  ...{
    scriptHeapMb: 16,
    scriptMemoryMb: 160,
    inspectMs: 1_000,
    startMs: 6_000,
    startSlowMs: 2_000,
    restMs: 0,
    concurrency: 2,
  },
  onIncident: (incident) => incidents.push(incident),
});
afterAll(() => host.close());

const OBSERVATION = observationOf({
  pools: [poolOf(), poolOf({ poolId: 't3.medium.us-east-1c', az: 'us-east-1c' })],
});

function artifactOf({ name, source }: Pick<HostileScript, 'name' | 'source'>): EngineArtifact {
  const content = Buffer.from(source);
  const sha256 = createHash('sha256').update(content).digest('hex');
  return {
    engineId: name,
    kind: 'javascript',
    name: 'hostile',
    version: '1',
    sha256,
    content,
    manifest: null,
  };
}

const BENIGN = artifactOf({
  name: 'benign',
  source: `export const name = 'benign'; export const version = '1';
    export function decide() { return { action: 'stay', reason: 'all is well', confidence: 1 }; }`,
});

const benign = host.open(BENIGN);

describe('hostile scripts', () => {
  it('are many', () => {
    expect(new Set(HOSTILE_SCRIPTS.map(({ name }) => name)).size).toBe(HOSTILE_SCRIPTS.length);
    expect(HOSTILE_SCRIPTS.filter(({ fates }) => fates[0] !== 'contained').length).toBeGreaterThanOrEqual(50);
  });

  it.each(HOSTILE_SCRIPTS)('$name', async (script) => {
    const seen = incidents.length;
    const runner = host.open(artifactOf(script));
    const timeoutMs = script.fates.includes('engine-timeout') ? TIMEOUT_MS : PATIENT_MS;
    const startedAtMs = performance.now();
    const outcome = await outcomeOf(runner, OBSERVATION, timeoutMs);
    expect(performance.now() - startedAtMs).toBeLessThan(BOUND_MS);
    await runner.close();
    if (!isAppError(outcome)) {
      expect(script.fates).toContain('contained');
      expect(outcome).toMatchObject({ action: 'stay', target: null, standby: null });
      return;
    }
    expect(script.fates).toContain(outcome.code);
    expect(outcome.message).not.toBe('');
    const [incident] = incidents.slice(seen).filter(({ engineId }) => engineId === script.name);
    expect(incident).toMatchObject({ code: outcome.code, message: outcome.message, failures: 1 });
    expect(incident?.pid).toBeGreaterThan(0);
    expect(incident?.livedMs).toBeGreaterThan(0);
    expect(isRunning(incident?.pid ?? 0)).toBe(false);
  });

  it('leave the host as it was', async () => {
    expect(await benign.propose(OBSERVATION, 10_000)).toMatchObject({ reason: 'all is well' });
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect({}).not.toHaveProperty('polluted');
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
