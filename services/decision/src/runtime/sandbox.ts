import {
  newQuickJSWASMModule,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSWASMModule,
  Scope,
} from 'quickjs-emscripten';
import { EngineFailed } from './engine-failure.js';
import { SANDBOX_PRELUDE } from './sandbox-prelude.js';

export interface SandboxRun {
  readonly source: string;
  readonly seed: number;
  readonly atMs: number;
  /** From now on; checked between the interpreter's steps, so that a long native step outlasts it. */
  readonly timeoutMs: number;
  readonly heapBytes: number;
  readonly maxAnswerBytes: number;
}

export interface ScriptFacts {
  readonly name: unknown;
  readonly version: unknown;
}

const STACK_BYTES = 256 * 1024;
const FILE_NAME = 'engine.js';

/**
 * Runs scripts in an interpreter that knows no host object, each in a fresh realm: nothing of one decision is left for
 * the next. Its limits are good manners only; those that hold are set from outside the process.
 */
export class Sandbox {
  private constructor(private readonly module: QuickJSWASMModule) {}

  static async create(): Promise<Sandbox> {
    return new Sandbox(await newQuickJSWASMModule());
  }

  /** What the script says of itself. */
  describe(run: SandboxRun): ScriptFacts {
    return this.#within(run, (realm) => {
      const read = (name: string): unknown => {
        const handle = realm.scope.manage(realm.vm.getProp(realm.engine, name));
        return realm.vm.typeof(handle) === 'string' ? realm.vm.getString(handle) : null;
      };
      return { name: read('name'), version: read('version') };
    });
  }

  /** The answer of `decide` as JSON text. */
  decide(run: SandboxRun, observation: string): string {
    return this.#within(run, ({ vm, scope, engine, host, guarded }) => {
      const decide = scope.manage(vm.getProp(engine, 'decide'));
      const call = scope.manage(vm.getProp(host, 'call'));
      const input = scope.manage(vm.newString(observation));
      return vm.getString(guarded(() => vm.callFunction(call, vm.undefined, decide, input)));
    });
  }

  #within<T>(run: SandboxRun, work: (realm: Realm) => T): T {
    let interrupted = false;
    try {
      return this.#inRealm(run, {
        work,
        stop: (late) => (interrupted ||= late),
        wasStopped: () => interrupted,
      });
    } catch (error) {
      if (interrupted && !(error instanceof EngineFailed)) throw timeout(run.timeoutMs);
      throw error;
    }
  }

  #inRealm<T>(run: SandboxRun, { work, stop, wasStopped }: Stoppable<T>): T {
    return Scope.withScope((scope) => {
      const deadlineMs = performance.now() + run.timeoutMs;
      const runtime = scope.manage(this.module.newRuntime());
      runtime.setMemoryLimit(run.heapBytes);
      runtime.setMaxStackSize(STACK_BYTES);
      runtime.setInterruptHandler(() => stop(performance.now() > deadlineMs));
      const vm = scope.manage(runtime.newContext());
      const prelude = scope.manage(vm.unwrapResult(vm.evalCode(SANDBOX_PRELUDE, 'host.js')));
      const host = scope.manage(
        vm.unwrapResult(
          vm.callFunction(
            prelude,
            vm.undefined,
            scope.manage(vm.newNumber(run.seed)),
            scope.manage(vm.newNumber(run.atMs)),
            scope.manage(vm.newNumber(run.maxAnswerBytes)),
          ),
        ),
      );
      const explain = scope.manage(vm.getProp(host, 'explain'));
      const guarded = (step: () => ReturnType<QuickJSContext['evalCode']>): QuickJSHandle => {
        const result = step();
        if (result.error === undefined) return scope.manage(result.value);
        const error = scope.manage(result.error);
        if (wasStopped()) throw timeout(run.timeoutMs);
        const said = vm.callFunction(explain, vm.undefined, error);
        if (said.error === undefined) throw failureOf(vm.getString(scope.manage(said.value)), run);
        scope.manage(said.error);
        throw timeout(run.timeoutMs);
      };
      const engine = guarded(() => vm.evalCode(run.source, FILE_NAME, { type: 'module' }));
      checkExports(vm, scope, engine);
      return work({ vm, scope, engine, host, guarded });
    });
  }
}

interface Stoppable<T> {
  readonly work: (realm: Realm) => T;
  /** Once late, everything that follows is stopped, too. */
  readonly stop: (late: boolean) => boolean;
  readonly wasStopped: () => boolean;
}

interface Realm {
  readonly vm: QuickJSContext;
  readonly scope: Scope;
  /** What the script exports. */
  readonly engine: QuickJSHandle;
  readonly host: QuickJSHandle;
  /** Turns what the script throws into a failure that names it. */
  readonly guarded: (step: () => ReturnType<QuickJSContext['evalCode']>) => QuickJSHandle;
}

function checkExports(vm: QuickJSContext, scope: Scope, engine: QuickJSHandle): void {
  const decide = scope.manage(vm.getProp(engine, 'decide'));
  if (vm.typeof(decide) === 'function') return;
  throw EngineFailed.refused(
    'no-decide',
    'The script exports no function `decide`. It must be a module with `export function decide(observation) { … }` ' +
      'and without `await` outside of functions.',
  );
}

function timeout(timeoutMs: number): EngineFailed {
  const limit = `${String(Math.round(timeoutMs))} ms`;
  return EngineFailed.because('engine-timeout', `it computed for more than ${limit}`, limit);
}

function failureOf(said: string, { heapBytes }: SandboxRun): EngineFailed {
  const limit = `${String(Math.round(heapBytes / 1024 / 1024))} MB`;
  if (said.includes('out of memory')) {
    return EngineFailed.because('engine-out-of-memory', `the script used more than ${limit}`, limit);
  }
  return EngineFailed.because('engine-failed', `the script failed: ${said}`);
}
