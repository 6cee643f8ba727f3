import { describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { observationOf } from '../engine/observation-samples.contract.js';
import { StayEngine } from '../engine/ports.js';
import { BuiltinRunner } from '../runtime/builtin-runner.js';
import type { EngineRef, EngineRunner } from '../runtime/ports.js';
import { LazyRunner } from './lazy-runner.js';

const REF: EngineRef = { engineId: 'e1', kind: 'onnx', name: 'lazy', version: '1', sha256: 'a' };

describe('an engine that is opened when it is asked', () => {
  const asked = (open: () => Promise<EngineRunner>) => {
    const logged: unknown[] = [];
    const deps = { open, told: new WeakSet(), onError: (error: unknown) => logged.push(error) };
    const code = async (timeoutMs = 1_000): Promise<string> => {
      const runner = new LazyRunner(REF, deps);
      return runner.propose(observationOf(), timeoutMs).then(
        ({ engine }) => engine,
        (error: unknown) => (error instanceof AppError ? error.code : 'something else'),
      );
    };
    return { code, logged };
  };

  it('answers like the one that was opened', async () => {
    const { code } = asked(() => Promise.resolve(new BuiltinRunner(new StayEngine())));
    expect(await code()).toBe('stay');
  });

  it('says each failure once, whoever asks', async () => {
    let failure = AppError.transient('engine-crashed', 'gone');
    const { code, logged } = asked(() => Promise.reject(failure));
    const codes = await Promise.all([code(), code(), code()]);
    expect(codes.sort()).toEqual(['engine-crashed', 'engine-not-open', 'engine-not-open']);
    failure = AppError.permanent('model-files-damaged', 'a part is missing');
    expect([await code(), await code()]).toEqual(['model-files-damaged', 'engine-not-open']);
    expect(logged).toHaveLength(2);
  });

  it('does not take trouble with the database for a failure of the engine', async () => {
    for (const error of [AppError.transient('database-unavailable', 'away'), new Error('socket hang up')]) {
      expect(await asked(() => Promise.reject(error)).code()).toBe('engine-not-open');
    }
  });

  it('tells the next one of a failure for which nobody waited any more', async () => {
    const opening = Promise.withResolvers<EngineRunner>();
    const { code, logged } = asked(() => opening.promise);
    expect(await code(1)).toBe('engine-starting');
    opening.reject(AppError.transient('engine-timeout', 'too slow'));
    expect(logged).toEqual([]);
    expect(await code()).toBe('engine-timeout');
    expect(await code()).toBe('engine-not-open');
    expect(logged).toHaveLength(1);
  });
});
