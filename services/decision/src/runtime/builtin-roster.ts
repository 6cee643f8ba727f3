import { AppError } from '@spotopt/kernel';
import { EngineRoster } from '../decide/ports.js';
import type { EngineRef, EngineRunner } from './ports.js';

/** The engines that are compiled in, the first one in charge. */
export class BuiltinRoster extends EngineRoster {
  constructor(
    private readonly engines: readonly EngineRunner[],
    private readonly beside: readonly EngineRunner[] = [],
  ) {
    super();
  }

  override inCharge(): Promise<readonly EngineRunner[]> {
    return Promise.resolve(this.engines);
  }

  override shadows(): Promise<readonly EngineRunner[]> {
    return Promise.resolve(this.beside);
  }

  override find(ref: EngineRef): Promise<EngineRunner> {
    const engine = [...this.engines, ...this.beside].find(
      (one) => one.ref.engineId === ref.engineId && one.ref.version === ref.version,
    );
    if (engine !== undefined) return Promise.resolve(engine);
    return Promise.reject(
      AppError.permanent('engine-gone', `${ref.name} ${ref.version} is not kept any more`),
    );
  }

  override report(): Promise<void> {
    return Promise.resolve();
  }
}
