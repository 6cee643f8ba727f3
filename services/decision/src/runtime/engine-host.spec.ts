import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { afterAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@spotopt/testkit';
import { observationOf, poolOf } from '../engine/observation-samples.contract.js';
import type { EngineIncident } from './engine-failure.js';
import { engineHost } from './engine-host.js';
import { logisticLoss, logisticModel, manifestSample } from './onnx-samples.contract.js';
import { ENGINE_GUARD } from './orphan-guard.js';
import type { EngineArtifact, EngineRunner } from './ports.js';
import { ProcessRunner } from './process-runner.js';

/** Generous: a busy machine gives little time to processes of low priority. */
const TIMEOUT_MS = 100_000;
const incidents: EngineIncident[] = [];
const host = engineHost({
  ...{ startMs: TIMEOUT_MS, inspectMs: TIMEOUT_MS },
  pauseMs: 60_000,
  restMs: 0,
  maxWarmProcesses: 2,
  onIncident: (incident) => incidents.push(incident),
});
afterAll(() => host.close());

const HEAD = "export const name = 'sample'; export const version = '2.1';\n";

function scriptOf(body: string, engineId = body): EngineArtifact {
  const content = Buffer.from(`${HEAD}export function decide(observation) { ${body} }`);
  return artifactOf('javascript', content, null, engineId);
}

function artifactOf(
  kind: EngineArtifact['kind'],
  content: Uint8Array,
  manifest: string | null,
  engineId: string,
): EngineArtifact {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { engineId, kind, name: 'sample', version: '2.1', sha256, content, manifest };
}

const saying = (expression: string): string =>
  `return { action: 'stay', reason: String(${expression}), confidence: 1 };`;
const reasonOf = async (runner: EngineRunner, seed = 1) =>
  (await runner.propose(observationOf({ seed }), TIMEOUT_MS)).reason;
const pidOf = (runner: EngineRunner): number | null => (runner instanceof ProcessRunner ? runner.pid : null);

describe('engines in processes of their own', () => {
  it('says what an uploaded script is', async () => {
    const { content } = scriptOf(saying('1'));
    const inspection = await host.inspect({ kind: 'javascript', content, manifest: null });
    expect(inspection).toMatchObject({ name: 'sample', version: '2.1', details: { bytes: content.length } });
  });

  it('says what an uploaded model is', async () => {
    const inspection = await host.inspect({
      kind: 'onnx',
      content: logisticModel(),
      manifest: manifestSample(),
    });
    expect(inspection).toMatchObject({
      ...{ name: 'logistic', version: '1.0.0' },
      details: { operators: ['Add', 'MatMul', 'Sigmoid'], opset: { '': 17 }, parameters: 4 },
    });
  });

  it('refuses a script whose answers differ, and a model that is not the one of its manifest', async () => {
    const { content } = scriptOf('return globalThis.action ?? 1;');
    const wrong = manifestSample({ golden: { input: [[1, 1, 1]], output: [0.9] } });
    await expect(host.inspect({ kind: 'javascript', content, manifest: null })).rejects.toMatchObject({
      ...{ code: 'engine-refused', kind: 'permanent', details: { reason: 'engine-invalid-proposal' } },
    });
    await expect(
      host.inspect({ kind: 'onnx', content: logisticModel(), manifest: wrong }),
    ).rejects.toMatchObject({
      details: { reason: 'golden' },
      message: expect.stringContaining('Row 0 of the golden input'),
    });
  });

  it('turns the chances of a model into a choice', async () => {
    const runner = host.open(artifactOf('onnx', logisticModel(), manifestSample(), 'model'));
    const pools = [
      poolOf({ interruptions30d: 12, quietHours: 2 }),
      poolOf({ poolId: 't3.medium.us-east-1c', usdPerHour: 0.013, quietHours: 500 }),
    ];
    const proposal = await runner.propose(observationOf({ pools }), TIMEOUT_MS);
    await runner.close();
    expect(proposal).toMatchObject({
      ...{ engine: 'logistic', engineVersion: '1.0.0', action: 'switch_to_spot' },
      target: { mode: 'spot', poolId: 't3.medium.us-east-1c' },
    });
    const expected = [logisticLoss([0.0125 / 0.0416, 12, 2]), logisticLoss([0.013 / 0.0416, 0, 500])];
    proposal.candidates.slice(0, 2).forEach(({ lossPerHour }, index) => {
      // A chance within the hour, told as a rate.
      expect(lossPerHour).toBeCloseTo(-Math.log(1 - (expected[index] ?? 0)), 6);
    });
  });

  it('answers the same observation in the same way, in another process as well', async () => {
    const body = saying(
      '[Math.random(), Date.now(), new Date().toISOString(), Date(), new Date(0).getHours()]',
    );
    const [one, other] = [host.open(scriptOf(body, 'one')), host.open(scriptOf(body, 'other'))];
    const first = await reasonOf(one);
    expect(first).toContain('2026-11-21T12:00:00.000Z');
    expect(await reasonOf(one)).toBe(first);
    expect(await reasonOf(other)).toBe(first);
    expect(await reasonOf(other, 2)).not.toBe(first);
    await Promise.all([one.close(), other.close()]);
  });

  it('lets nothing of one decision reach the next', async () => {
    const runner = host.open(scriptOf(`globalThis.n = (globalThis.n ?? 0) + 1; ${saying('globalThis.n')}`));
    expect([await reasonOf(runner), await reasonOf(runner)]).toEqual(['1', '1']);
    await runner.close();
  });

  it('gives the process a low priority, no environment and no files but its own', async () => {
    const runner = host.open(scriptOf(saying('1'), 'limited'));
    await reasonOf(runner);
    const pid = pidOf(runner) ?? 0;
    expect(getPriority(pid)).toBe(10);
    expect(
      readFileSync(`/proc/${String(pid)}/environ`, 'utf8')
        .split('\0')
        .filter(Boolean),
    ).toEqual(expect.arrayContaining(['TZ=UTC']));
    expect(readFileSync(`/proc/${String(pid)}/environ`, 'utf8')).not.toMatch(/HOME|PASS|TOKEN|URL/);
    const args = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').split('\0');
    expect(args).toEqual(expect.arrayContaining(['--permission', '--disallow-code-generation-from-strings']));
    expect(readFileSync(`/proc/${String(pid)}/limits`, 'utf8')).toMatch(/Max cpu time +900/);
    await runner.close();
  });

  it('keeps the process warm, and starts another one after a failure', async () => {
    const runner = host.open(
      scriptOf(`if (observation.seed === 13) throw new Error('unlucky'); ${saying('1')}`),
    );
    await reasonOf(runner);
    const first = pidOf(runner);
    await reasonOf(runner);
    expect(pidOf(runner)).toBe(first);
    await expect(reasonOf(runner, 13)).rejects.toMatchObject({
      ...{ code: 'engine-failed', kind: 'transient', message: 'the script failed: Error: unlucky' },
    });
    expect(pidOf(runner)).toBeNull();
    expect(await reasonOf(runner)).toBe('1');
    expect(pidOf(runner)).not.toBe(first);
    await runner.close();
  });

  it('leaves an engine alone that failed twice in a row, without starting anything', async () => {
    const runner = host.open(scriptOf("throw new Error('always');", 'always'));
    await expect(reasonOf(runner)).rejects.toMatchObject({ retryAfterMs: 0 });
    await expect(reasonOf(runner)).rejects.toMatchObject({ retryAfterMs: 60_000 });
    for (let call = 0; call < 100; call += 1) {
      await expect(reasonOf(runner)).rejects.toMatchObject({
        code: 'engine-paused',
        details: { code: 'engine-failed', paused: true },
      });
      expect(pidOf(runner)).toBeNull();
    }
    expect(incidents.filter(({ engineId }) => engineId === 'always').map(({ failures }) => failures)).toEqual(
      [1, 2],
    );
  });

  it('keeps no more processes warm than it may', async () => {
    const runners = ['a', 'b', 'c'].map((id) => host.open(scriptOf(saying('1'), `warm ${id}`)));
    for (const runner of runners) await reasonOf(runner);
    expect(runners.map(pidOf).map((pid) => pid !== null)).toEqual([false, true, true]);
    await Promise.all(runners.map((runner) => runner.close()));
  });

  it('keeps one that must be at hand, whoever else is asked', async () => {
    const runners = ['a', 'b', 'c', 'd'].map((id) => host.open(scriptOf(saying('1'), `at hand ${id}`)));
    const [first] = runners;
    if (first !== undefined) await reasonOf(first);
    first?.stayWarm?.(true);
    for (const runner of runners.slice(1)) await reasonOf(runner);
    expect(runners.map(pidOf).map((pid) => pid !== null)).toEqual([true, false, false, true]);
    await Promise.all(runners.map((runner) => runner.close()));
  });

  it('waits no longer for a turn than for an answer, and does not blame the engine', async () => {
    const crowded = engineHost({ concurrency: 1, restMs: 0, startMs: TIMEOUT_MS });
    const slow = crowded.open(scriptOf("'a'.repeat(4e6).indexOf('a'.repeat(2e6) + 'b');", 'slow'));
    const quick = crowded.open(scriptOf(saying('1'), 'quick'));
    const first = slow.propose(observationOf(), TIMEOUT_MS).catch((error: unknown) => error);
    await waitFor(() => pidOf(slow), { what: 'the slow engine to start' });
    await expect(quick.propose(observationOf(), 50)).rejects.toMatchObject({
      ...{ code: 'engine-busy', message: expect.stringContaining('its turn did not come') },
    });
    await expect(slow.propose(observationOf(), 50)).rejects.toMatchObject({
      code: expect.stringMatching(/^engine-(busy|starting)$/),
    });
    await slow.close();
    expect(await first).toMatchObject({ code: 'engine-crashed' });
    expect(await reasonOf(quick)).toBe('1');
    await crowded.close();
  });

  it('goes on with a start for which the caller had no time, and tells the next one how it ended', async () => {
    const good = host.open(scriptOf(saying('1'), 'not ready yet'));
    await expect(good.propose(observationOf(), 1)).rejects.toMatchObject({ code: 'engine-starting' });
    const started = pidOf(good);
    expect(await reasonOf(good)).toBe('1');
    expect(pidOf(good)).toBe(started);
    const bad = host.open(artifactOf('javascript', Buffer.from('nonsense {'), null, 'never ready'));
    await expect(bad.propose(observationOf(), 1)).rejects.toMatchObject({ code: 'engine-starting' });
    await expect(reasonOf(bad)).rejects.toMatchObject({ code: 'engine-failed', details: { failures: 1 } });
    await expect(reasonOf(bad)).rejects.toMatchObject({ code: 'engine-failed', details: { failures: 2 } });
    await expect(reasonOf(bad)).rejects.toMatchObject({ code: 'engine-paused' });
    await Promise.all([good.close(), bad.close()]);
  });

  it('renews a process after its answers', async () => {
    const short = engineHost({ answersPerProcess: 2 });
    const runner = short.open(scriptOf(saying('1')));
    const pids = [];
    for (let call = 0; call < 5; call += 1) {
      await reasonOf(runner);
      pids.push(pidOf(runner));
    }
    const [first, , second, , third] = pids;
    expect(pids).toEqual([first, first, second, second, third]);
    expect(new Set(pids).size).toBe(3);
    expect(() => process.kill(first ?? 0, 0)).toThrow('ESRCH');
    await short.close();
  });

  it('lets go of the file of an engine that is closed', async () => {
    const before = host.openRunners;
    const runner = host.open(scriptOf(saying('1')));
    expect(host.openRunners).toBe(before + 1);
    await runner.close();
    expect(host.openRunners).toBe(before);
  });

  it('ends its processes when it is closed', async () => {
    const short = engineHost();
    const runner = short.open(scriptOf(saying('1')));
    await reasonOf(runner);
    const pid = pidOf(runner) ?? 0;
    expect(ENGINE_GUARD.has(pid)).toBe(true);
    await short.close();
    expect(ENGINE_GUARD.has(pid)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(reasonOf(runner)).rejects.toMatchObject({ code: 'engine-closed' });
  });
});
