import { AppError, type Clock, SystemClock, toAppError } from '@spotopt/kernel';
import type { EngineDriver } from './engine-driver.js';
import { refusal } from './engine-errors.js';
import { EngineFailed, type EngineIncident } from './engine-failure.js';
import { ENGINE_LIMITS, type EngineLimits } from './engine-limits.js';
import { EngineProcess } from './engine-process.js';
import { checkFormat } from './foreign-formats.js';
import { manifestOf } from './manifest.js';
import { ModelDriver, modelDetails } from './model-driver.js';
import {
  type EngineArtifact,
  EngineHost,
  type EngineRef,
  type EngineRunner,
  type Inspection,
} from './ports.js';
import { ProcessRunner, type RunnerContext, startPatience, trialPatience } from './process-runner.js';
import { ScriptDriver, scriptFactsOf } from './script-driver.js';
import { EngineTurns } from './turns.js';
import { WarmProcesses } from './warm-processes.js';

export interface EngineHostOptions extends Partial<EngineLimits> {
  readonly logger?: { warn(record: object, message: string): void };
  /** Called for every failure of an engine; must not throw. */
  readonly onIncident?: (incident: EngineIncident) => void;
  /** Real time, also where the service's own clock is faster. */
  readonly clock?: Clock;
}

/** The host with its limits; one for the whole service, so that its engines share the turns. */
export function engineHost(options: EngineHostOptions = {}): ProcessEngineHost {
  const { logger, onIncident, clock = new SystemClock(), ...chosen } = options;
  const limits = { ...ENGINE_LIMITS, ...chosen };
  return new ProcessEngineHost({
    ...{ clock, limits },
    turns: new EngineTurns(limits.concurrency, clock),
    warm: new WarmProcesses(limits.maxWarmProcesses),
    onIncident: (incident) => {
      logger?.warn({ incident }, `engine ${incident.name}: ${incident.message}`);
      onIncident?.(incident);
    },
  });
}

type Uploaded = Omit<EngineArtifact, keyof EngineRef> & Pick<EngineArtifact, 'kind'>;

export class ProcessEngineHost extends EngineHost {
  readonly #runners = new Set<EngineRunner>();

  constructor(private readonly context: RunnerContext) {
    super();
  }

  override async inspect(artifact: Uploaded): Promise<Inspection> {
    try {
      checkFormat(artifact.content, artifact.kind);
      return await (artifact.kind === 'javascript'
        ? this.#inspectScript(artifact)
        : this.#inspectModel(artifact));
    } catch (error) {
      if (error instanceof EngineFailed) throw refusal(error.failure);
      throw toAppError(error);
    }
  }

  /** Engines that are open; each holds its file. */
  get openRunners(): number {
    return this.#runners.size;
  }

  override open(artifact: EngineArtifact): EngineRunner {
    const { engineId, kind, name, version, sha256 } = artifact;
    try {
      const driver =
        kind === 'javascript'
          ? new ScriptDriver(artifact.content, artifact, this.context.limits)
          : new ModelDriver(artifact.content, manifestOf(artifact.manifest), this.context.limits);
      const ref = { engineId, kind, name, version, sha256 };
      const runner = new ProcessRunner(ref, driver, this.context, () => {
        this.#runners.delete(runner);
      });
      this.#runners.add(runner);
      return runner;
    } catch (error) {
      if (error instanceof EngineFailed) throw refusal(error.failure);
      throw toAppError(error);
    }
  }

  /** Ends every process; nothing of a stranger outlives the service. */
  async close(): Promise<void> {
    await Promise.all([...this.#runners].map((runner) => runner.close()));
  }

  async #inspectScript({ content }: Uploaded): Promise<Inspection> {
    const unnamed = new ScriptDriver(content, { name: 'unnamed', version: '0' }, this.context.limits);
    const { head, ms, peakMb } = await this.#tryOut(unnamed);
    const { name, version } = scriptFactsOf(head);
    return { name, version, details: { bytes: content.length, goldenMs: ms, peakMb } };
  }

  async #inspectModel({ content, manifest: text }: Uploaded): Promise<Inspection> {
    const manifest = manifestOf(text);
    const { head, ms, peakMb } = await this.#tryOut(new ModelDriver(content, manifest, this.context.limits));
    const details = { ...modelDetails(head, manifest), bytes: content.length, goldenMs: ms, peakMb };
    return { name: manifest.name, version: manifest.version, details };
  }

  /** A process for this file alone, ended afterwards whatever happened. */
  async #tryOut(
    driver: EngineDriver,
  ): Promise<{ head: Record<string, unknown>; ms: number; peakMb: number | null }> {
    const { limits, clock, turns } = this.context;
    const patience = AbortSignal.timeout(limits.startMs);
    const release = await turns.take(true, patience);
    if (release === null) {
      throw AppError.transient('engine-host-busy', 'too many engines compute at the moment; try again');
    }
    const process = new EngineProcess(driver.process, clock);
    try {
      const { head } = await process.ask(driver.start(), startPatience(limits));
      let ms = 0;
      for (const { ask, verify } of driver.trials(limits.inspectMs)) {
        const startedAtMs = performance.now();
        const { body } = await process.ask(ask, trialPatience(limits, limits.inspectMs));
        ms = Math.max(ms, performance.now() - startedAtMs);
        verify(body);
      }
      return { head: { ...head }, ms: Math.round(ms * 10) / 10, peakMb: process.peakMb };
    } finally {
      await process.kill();
      release(0);
    }
  }
}
