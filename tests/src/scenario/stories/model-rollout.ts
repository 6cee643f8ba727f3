import { DecisionMadeV1, type EventData, ModelActivatedV1, ModelRolledBackV1 } from '@spotopt/contracts';
import { AppError } from '@spotopt/kernel';
import { z } from 'zod';
import { dataOf, ofType } from '../event-log.js';
import { healthProblem, ModelRegistry, type Session, Watch } from '../model-registry.js';
import { holdStill } from '../observations.js';
import { type EventLog, type Findings, invariant, type Invariant, type Scenario } from '../scenario.js';
import type { World } from '../world.js';
import { logisticModel, stayingScript } from './sample-engines.js';

/** Requests for advice until the live engine itself gives it. */
const ADVICE_ATTEMPTS = 10;
const Advice = z.object({ engine: z.string().nullable() });
const Health = z.object({
  decisionEngineStatus: z.object({ loaded: z.boolean(), type: z.string() }),
  modelStatus: z.object({ loaded: z.boolean(), activeModels: z.array(z.object({ name: z.string() })) }),
});

/** A pickle is refused, a script and a model are rolled out and back, all while everything runs. */
export const modelRollout: Scenario = {
  name: 'model-rollout',
  summary: 'upload, pending, activate, live, fallback, of a script and of a model; two lives never',
  world: { workloads: 1, market: 'spot' },
  speed: { standalone: 120, distributed: 60 },

  async play(world, events, tell): Promise<Findings> {
    const zeroMs = world.clock.nowMs();
    const registry = new ModelRegistry(world.api);
    const health = new Watch(() => healthProblem(world.gatewayUrl));
    const lives = new Watch(async () => {
      const { live } = await registry.inForce();
      return live.length === 1 ? null : `${String(live.length)} live: ${live.join(', ')}`;
    });
    try {
      const story = await new Rollout(world, events, tell, registry).play();
      await lives.end();
      await health.end();
      return {
        zeroMs,
        invariants: [
          ...story.invariants,
          invariant('two-lives-never', lives.problems.length === 0, seen(lives, 'exactly one live')),
          invariant('health-stays-200', health.problems.length === 0, seen(health, '200 and JSON')),
        ],
        figures: { ...story.figures, healthPolls: health.looks, sessionPolls: lives.looks },
      };
    } finally {
      await lives.end();
      await health.end();
    }
  },
};

function seen({ looks, problems }: Watch, what: string): string {
  return problems[0] ?? `${what} in ${String(looks)} polls`;
}

type Told = Pick<Findings, 'invariants' | 'figures'>;

class Rollout {
  readonly #invariants: Invariant[] = [];

  constructor(
    private readonly world: World,
    private readonly events: EventLog,
    private readonly tell: (line: string) => void,
    private readonly registry: ModelRegistry,
  ) {}

  async play(): Promise<Told> {
    const { registry, tell } = this;
    const [workload] = this.world.workloads;
    if (workload === undefined) throw AppError.bug('no-workload', 'the world has no workload');
    const { agentId } = await holdStill(this.world, workload);
    const before = await this.#one('live');
    await this.#pickleIsRefused();
    const script = await registry.upload('decision-engine', [stayingScript('rollout-script', '1.0.0')]);
    await this.#isPending(script, before);
    await registry.activate(script);
    tell(`activated the script ${script}`);
    await this.#slotsAre('activation-keeps-the-previous', script, before);
    await this.#decides('script-decides', agentId, { engineId: script, name: 'rollout-script' });
    const model = await registry.upload('ml-models', logisticModel('rollout-model', '2.0.0'));
    await registry.activate(model);
    tell(`activated the model ${model}`);
    await this.#slotsAre('model-is-live', model, script);
    await this.#decides('model-decides', agentId, { engineId: model, name: 'rollout-model' });
    await this.#healthNames('rollout-model');
    await registry.fallBack();
    tell('fell back to the script');
    await this.#slotsAre('fallback-swaps', script, model);
    await this.#advises('script-decides-again', agentId, 'rollout-script');
    await this.#concurrentActivations([model]);
    const kept = await this.#filesOfTwo();
    return { invariants: this.#invariants, figures: { ...(await this.#chain()), filesKept: kept } };
  }

  #check(id: string, holds: boolean, detail: string): void {
    this.#invariants.push(invariant(id, holds, detail));
  }

  async #one(slot: 'live' | 'fallback'): Promise<string> {
    return (await this.registry.inForce())[slot].join(', ');
  }

  async #pickleIsRefused(): Promise<void> {
    const pickle = { name: 'xgboost_model.pkl', content: Buffer.from([0x80, 0x04, 0x4e, 0x2e]) };
    const { status, body } = await this.registry.tryUpload('ml-models', [pickle]);
    const error = String(body['error']);
    const helps = status === 400 && /ONNX/.test(error) && /convert|export/i.test(error);
    this.#check('pickle-refused-with-the-way-out', helps, `${String(status)}: ${error.split('\n')[0] ?? ''}`);
  }

  async #isPending(sessionId: string, live: string): Promise<void> {
    const session = (await this.registry.sessions()).find(({ id }) => id === sessionId);
    const isPending = session !== undefined && !session.isLive && !session.isFallback;
    const unchanged = (await this.#one('live')) === live;
    this.#check(
      'upload-waits',
      isPending && unchanged && session.fileCount === 1,
      `${session?.state ?? 'not listed'}, ${String(session?.fileCount ?? 0)} file; live is ${live}`,
    );
  }

  async #slotsAre(id: string, live: string, fallback: string): Promise<void> {
    const now = await this.registry.inForce();
    const holds = now.live.join() === live && now.fallback.join() === fallback;
    this.#check(id, holds, `live ${now.live.join(', ')}, fallback ${now.fallback.join(', ')}`);
  }

  /** Advice at once, then the next decision that is made by itself, and that one made again. */
  async #decides(
    id: string,
    agentId: string,
    { engineId, name }: { engineId: string; name: string },
  ): Promise<void> {
    await this.#advises(`${id}-in-advice`, agentId, name);
    const sinceMs = this.world.clock.nowMs();
    const event = await this.events.until(
      `a decision of ${name}`,
      (one) =>
        one.type === DecisionMadeV1.type &&
        Date.parse(one.time) > sinceMs &&
        one.subject === agentId &&
        dataOf(DecisionMadeV1, one).engine === name,
    );
    const decision = dataOf(DecisionMadeV1, event);
    const again = z
      .object({ identical: z.boolean() })
      .parse(await this.world.api.post(`/api/decisions/${decision.decisionId}/replay`, {}));
    const { engine } = z
      .object({ engine: z.object({ engine_id: z.string() }) })
      .parse(await this.world.api.get(`/api/decisions/${decision.decisionId}`));
    this.#check(
      id,
      decision.engine === name && engine.engine_id === engineId && again.identical,
      `decided by ${decision.engine}${again.identical ? ', the same again' : ', not the same again'}`,
    );
  }

  async #advises(id: string, agentId: string, name: string): Promise<void> {
    // On a machine that is busy for longer than an engine may take, the fallback answers in its place.
    let engine: string | null = null;
    for (let attempt = 0; attempt < ADVICE_ATTEMPTS && engine?.startsWith(name) !== true; attempt += 1) {
      engine = Advice.parse(await this.world.api.post(`/api/agents/${agentId}/decide`, {})).engine;
    }
    this.#check(id, engine?.startsWith(name) === true, `advice of ${engine ?? 'nobody'}`);
  }

  async #healthNames(name: string): Promise<void> {
    const health = Health.parse(await this.world.api.get('/api/admin/system-health'));
    const { decisionEngineStatus: engine, modelStatus } = health;
    const holds = engine.loaded && engine.type === name && modelStatus.activeModels[0]?.name === name;
    this.#check('health-names-the-model', holds && modelStatus.loaded, JSON.stringify(health));
  }

  /** Several people click at the same time. */
  async #concurrentActivations(others: readonly string[]): Promise<void> {
    const uploads = [...others];
    for (const name of ['rollout-third', 'rollout-fourth']) {
      uploads.push(await this.registry.upload('decision-engine', [stayingScript(name, '1.0.0')]));
    }
    const ends = await Promise.allSettled(uploads.map((sessionId) => this.registry.activate(sessionId)));
    const done = ends.filter(({ status }) => status === 'fulfilled').length;
    const { live, fallback } = await this.registry.inForce();
    this.#check(
      'concurrent-activations-give-one-live',
      done > 0 && live.length === 1 && fallback.length === 1 && uploads.includes(live[0] ?? ''),
      `${String(done)} of ${String(uploads.length)} went through; live ${live.join(', ')}, fallback ${fallback.join(', ')}`,
    );
  }

  /** Of every upload the description, of the live one and the fallback the files. */
  async #filesOfTwo(): Promise<number> {
    const uploads = (await this.registry.sessions(true)).filter(({ id }) => !id.startsWith('builtin:'));
    const isInForce = ({ isLive, isFallback }: Session): boolean => isLive || isFallback;
    const kept = uploads.filter((session) => session.files_kept === true);
    const archived = uploads.filter(({ state }) => state === 'archived');
    const holds =
      uploads.filter(isInForce).every((session) => session.files_kept === true) &&
      archived.length > 0 &&
      archived.every((session) => session.files_kept === false && session.files.length > 0);
    this.#check(
      'files-of-two-kept',
      holds,
      `${String(kept.length)} of ${String(uploads.length)} uploads have files; ${String(archived.length)} archived, described without files`,
    );
    return kept.length;
  }

  /** Each change of who decides was told, and begins where the one before ended. */
  async #chain(): Promise<Record<string, number>> {
    const { live } = await this.registry.inForce();
    await this.events.until(
      'the last change to be told',
      (event) => changeIn([event])[0]?.engine.engineId === live[0],
    );
    const changes = changeIn(await this.events.all());
    const broken = changes.find(
      ({ previous }, index) => index > 0 && previous.engineId !== changes[index - 1]?.engine.engineId,
    );
    const last = changes.at(-1)?.engine.engineId;
    this.#check(
      'every-change-told',
      broken === undefined && last === live[0],
      `${String(changes.length)} changes, the last one to ${String(last)}`,
    );
    return { changes: changes.length };
  }
}

type Change = Pick<EventData<typeof ModelActivatedV1>, 'engine' | 'previous' | 'revision'>;

function changeIn(events: Parameters<typeof ofType>[1]): Change[] {
  const changes = [...ofType(ModelActivatedV1, events), ...ofType(ModelRolledBackV1, events)];
  return changes.map(({ data }) => data).sort((a, b) => a.revision - b.revision);
}
