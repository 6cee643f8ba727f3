import { createHash } from 'node:crypto';
import { AppError } from '@spotopt/kernel';
import { type Observation, type Proposal, StayEngine } from '../engine/ports.js';
import {
  type EngineArtifact,
  EngineHost,
  type EngineRef,
  type EngineRunner,
  type Inspection,
} from '../runtime/ports.js';

interface Script {
  readonly name: string;
  readonly version: string;
  /** Found at the inspection. */
  readonly fault?: string;
  /** Every proposal fails. */
  readonly fails?: boolean;
}

/** The text of a "script" that the fake host understands. */
export function scriptOf(script: Script): string {
  return JSON.stringify(script);
}

/** Runs "scripts" in this process: what they are is in their text. For tests of everything around a host. */
export class FakeEngineHost extends EngineHost {
  /** Engines that are open now, by their id. */
  readonly running = new Map<string, FakeRunner>();
  opened = 0;
  /** Proposals of engines that are opened from now on wait for it. */
  gate: Promise<void> = Promise.resolve();
  /** The next inspections fail as if there was no room for a process. */
  busy = 0;

  override inspect(artifact: Pick<EngineArtifact, 'content'>): Promise<Inspection> {
    if (this.busy > 0) {
      this.busy -= 1;
      return Promise.reject(AppError.transient('engine-host-busy', 'too many engines compute at the moment'));
    }
    const { name, version, fault } = read(artifact.content);
    if (fault !== undefined) return Promise.reject(AppError.permanent('engine-refused', fault));
    return Promise.resolve({ name, version, details: { bytes: artifact.content.length } });
  }

  override open(artifact: EngineArtifact): EngineRunner {
    const sha256 = createHash('sha256').update(artifact.content).digest('hex');
    if (sha256 !== artifact.sha256) throw AppError.bug('damaged', 'the file is not what the registry says');
    const runner = new FakeRunner(artifact, read(artifact.content), () => {
      this.running.delete(artifact.engineId);
    });
    runner.gate = this.gate;
    this.running.set(artifact.engineId, runner);
    this.opened += 1;
    return runner;
  }
}

class FakeRunner implements EngineRunner {
  readonly ref: EngineRef;
  #ended = false;
  /** Proposals wait for it. */
  gate: Promise<void> = Promise.resolve();

  constructor(
    { engineId, kind, name, version, sha256 }: EngineRef,
    private readonly script: Script,
    private readonly onClosed: () => void,
  ) {
    this.ref = { engineId, kind, name, version, sha256 };
  }

  async propose(observation: Observation): Promise<Proposal> {
    await this.gate;
    if (this.#ended) throw AppError.bug('closed', 'asked after its end');
    if (this.script.fails === true) throw AppError.transient('engine-failed', 'it always fails');
    const { name, version } = this.ref;
    return { ...new StayEngine().propose(observation), engine: name, engineVersion: version };
  }

  close(): Promise<void> {
    this.#ended = true;
    this.onClosed();
    return Promise.resolve();
  }
}

function read(content: Uint8Array): Script {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8')) as Script;
  } catch {
    throw AppError.permanent('engine-refused', 'this is no script');
  }
}
