import { isAppError } from '@spotopt/kernel';
import { KilledAt, mulberry32 } from '@spotopt/testkit';
import { scriptOf } from './fake-engine-host.contract.js';
import type { ModelsWorld, UploadedFile } from './models-world.contract.js';
import type { ModelParts } from './models.wiring.js';

const KILL_SHARE = 0.35;
/** More failpoints than any operation passes. */
const MAX_HITS = 4;
const BUILTIN_IDS = ['builtin:hazard', 'builtin:seed-rule'];

/** Plays people, failing engines, the broker's duplicates and kills at random, from a seed. */
export class RandomRollouts {
  readonly log: string[] = [];
  kills = 0;
  readonly #random: () => number;
  readonly #engines: string[] = [...BUILTIN_IDS];
  readonly #uploads: { sessionId: string; files: UploadedFile[] }[] = [];

  constructor(
    private readonly world: ModelsWorld,
    private readonly seed: number,
  ) {
    this.#random = mulberry32(seed);
  }

  async step(): Promise<void> {
    const operations: (readonly [string, (parts: ModelParts) => Promise<unknown>])[] = [
      ['upload', (parts) => this.#upload(parts)],
      ['upload again', (parts) => this.#uploadAgain(parts)],
      ['activate', (parts) => this.#activate(parts)],
      ['activate', (parts) => this.#activate(parts)],
      ['activate two at once', (parts) => this.#activateTwo(parts)],
      ['fall back', (parts) => this.#fallBack(parts)],
      ['roll back', (parts) => this.#rollBack(parts)],
      ['shadow', (parts) => this.#shadow(parts)],
      ['sweep', (parts) => parts.sweepUploads.execute()],
    ];
    const [name, operation] = this.#pick(operations);
    const failpoints = new KilledAt(
      this.#random() < KILL_SHARE ? 1 + Math.floor(this.#random() * MAX_HITS) : Number.POSITIVE_INFINITY,
    );
    await this.world.clock.advance(1_000);
    await this.#attempt(name, () => operation(this.world.process(failpoints)));
    if (!failpoints.fired) return;
    this.kills += 1;
    this.log.push('killed');
  }

  /** A refusal is an answer like any other, and a kill ends the operation; everything else is a bug. */
  async #attempt(name: string, operation: () => Promise<unknown>): Promise<void> {
    this.log.push(name);
    try {
      await operation();
    } catch (error) {
      const isKill = error instanceof Error && error.message === 'killed here';
      if (isKill || (isAppError(error) && error.kind !== 'bug')) return;
      throw new Error(`seed ${String(this.seed)} after ${this.log.join(', ')}`, { cause: error });
    }
  }

  async #upload(parts: ModelParts): Promise<void> {
    const number = this.#uploads.length;
    const fault = this.#random() < 0.2 ? { fault: 'random' } : {};
    const name = this.#random() < 0.1 ? 'engine.pkl' : 'engine.js';
    const content = scriptOf({ name: `engine-${String(number)}`, version: '1', ...fault });
    const upload = { sessionId: this.world.ids.next(), files: [{ name, content }] };
    this.#uploads.push(upload);
    this.#engines.push(upload.sessionId);
    await this.world.upload(upload.files, { ...upload, parts });
  }

  async #uploadAgain(parts: ModelParts): Promise<void> {
    const upload = this.#pick(this.#uploads);
    if (upload !== undefined) await this.world.upload(upload.files, { ...upload, parts });
  }

  #fallBack(parts: ModelParts): Promise<unknown> {
    const requestId = this.world.ids.next();
    return parts.fallBack.execute({ requestId, reason: 'random', requestedBy: 'admin' });
  }

  async #activate(parts: ModelParts): Promise<void> {
    // Newer uploads more often: older ones are soon archived.
    const recent = this.#random() < 0.7 ? this.#engines.slice(-4) : this.#engines;
    const engineId = this.#pick(recent) ?? '';
    await parts.activateEngine.execute({ engineId, requestedBy: 'admin' });
  }

  /** Both have come to their end when the step is over. */
  async #activateTwo(parts: ModelParts): Promise<void> {
    const ends = await Promise.allSettled([this.#activate(parts), this.#activate(parts)]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #rollBack(parts: ModelParts): Promise<void> {
    const engineId = this.#random() < 0.5 ? this.#pick(this.#engines) : (await this.world.slots())['live'];
    await parts.fallBack.rollBack({ engineId: engineId ?? '', reason: 'random' });
  }

  async #shadow(parts: ModelParts): Promise<void> {
    const engineId = this.#pick(this.#engines.slice(-5)) ?? '';
    await parts.setShadow.execute({ engineId, enabled: this.#random() < 0.6 });
  }

  #pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.#random() * choices.length)] as T;
  }
}
