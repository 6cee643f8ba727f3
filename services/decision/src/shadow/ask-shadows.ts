import type { UnitOfWork } from '@spotopt/kernel';
import { askOne } from '../decide/ask-engines.js';
import type { Decision, EngineRoster } from '../decide/ports.js';
import type { EngineRunner } from '../runtime/ports.js';
import { adviceOf, type AdviceSettings, type Answered, answersInCharge, isSameEngine } from './advice.js';
import type { AdviceStore } from './ports.js';

export interface AskShadowsDeps {
  readonly uow: UnitOfWork;
  readonly advice: AdviceStore;
  readonly engines: Pick<EngineRoster, 'shadows'>;
  readonly onAsked: (result: 'answered' | 'failed') => void;
  readonly onError: (error: unknown, what: string) => void;
}

export interface AskShadowsSettings extends AdviceSettings {
  /** How long one engine may think, in real time. */
  readonly engineTimeoutMs: number;
}

/**
 * Shows the observation of a decision to every engine that decides nothing, and keeps what each of them said beside
 * what the engine in charge said. Engines are pure, so that it makes no difference when they are asked, or how often.
 */
export class AskShadows {
  constructor(
    private readonly deps: AskShadowsDeps,
    private readonly settings: AskShadowsSettings,
  ) {}

  async execute(decision: Decision): Promise<void> {
    const { uow, advice: store } = this.deps;
    const answers = answersInCharge(decision);
    for (const shadow of await this.#shadows()) {
      if (answers.some(({ engine }) => isSameEngine(engine, shadow.ref))) continue;
      answers.push(await this.#ask(shadow, decision));
    }
    const advice = answers.map((answer) => adviceOf(decision, answer, this.settings));
    await uow.run((tx) => store.add(tx, advice));
  }

  /** What the engine in charge said is kept also when nobody knows who else to ask. */
  async #shadows(): Promise<readonly EngineRunner[]> {
    try {
      return await this.deps.engines.shadows();
    } catch (error) {
      this.deps.onError(error, 'the shadow engines are not known');
      return [];
    }
  }

  async #ask(shadow: EngineRunner, { observation }: Decision): Promise<Answered> {
    const startedMs = performance.now();
    // A copy, since the next one must see what this one saw.
    const answer = await askOne(shadow, structuredClone(observation), this.settings.engineTimeoutMs);
    const elapsedMs = Number((performance.now() - startedMs).toFixed(3));
    this.deps.onAsked('failure' in answer ? 'failed' : 'answered');
    return { engine: shadow.ref, role: 'shadow', elapsedMs, answer };
  }
}
