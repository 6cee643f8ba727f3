import { SwitchFailedV1, SwitchFinishedV1, type SwitchStep, SwitchStepFinishedV1 } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import { FleetEvents, type Instance, placementOf, type UseCaseDeps } from '../fleet/index.js';
import type { StepRecord, SwitchPatch, SwitchStore } from './ports.js';
import type { Switch } from './switch.js';

export interface StepEnd {
  readonly outcome: StepRecord['outcome'];
  readonly detail: string;
}

/** Writes what a switch did: its row, the row of each step, and the events that say so. */
export class SwitchProgress {
  readonly #events: FleetEvents;

  constructor(
    private readonly deps: UseCaseDeps,
    private readonly switches: SwitchStore,
  ) {
    this.#events = new FleetEvents(deps.ids, deps.clock);
  }

  /** Ends the present step and begins `next`. */
  async advance(
    tx: Tx,
    sw: Switch,
    next: SwitchStep,
    end: StepEnd & { patch?: SwitchPatch },
  ): Promise<Switch> {
    const now = this.deps.clock.now();
    await this.#endStep(tx, sw, end, now);
    return this.switches.update(tx, sw, { ...end.patch, step: next, stepStartedAt: now });
  }

  async finish(tx: Tx, sw: Switch, machines: { from: Instance; to: Instance }): Promise<Switch> {
    const now = this.deps.clock.now();
    if (sw.epochAfter === null) {
      throw AppError.bug('switch-without-epoch', `switch ${sw.id} finished before its promotion`);
    }
    await this.#endStep(tx, sw, { outcome: 'done', detail: 'the new primary confirmed' }, now);
    const done = await this.switches.update(tx, sw, { status: 'finished', step: 'finish', finishedAt: now });
    const { oldUsdPerHour, newUsdPerHour, onDemandUsdPerHour } = done;
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        SwitchFinishedV1,
        done.agentId,
        {
          ...this.#facts(done, machines.from),
          to: placementOf(machines.to),
          epoch: sw.epochAfter,
          startedAt: done.startedAt.toISOString(),
          finishedAt: now.toISOString(),
          downtimeMs: downtimeMsOf(done),
          oldUsdPerHour,
          newUsdPerHour,
          onDemandUsdPerHour,
          savingsUsdPerHour: savingsUsdPerHourOf(done),
        },
        { correlation: done.correlationId },
      ),
    );
    return done;
  }

  async fail(
    tx: Tx,
    sw: Switch,
    from: Instance,
    end: { readonly reason: string; readonly rolledBack: boolean },
  ): Promise<Switch> {
    const now = this.deps.clock.now();
    await this.#endStep(tx, sw, { outcome: 'failed', detail: end.reason }, now);
    const failed = await this.switches.update(tx, sw, {
      status: 'failed',
      finishedAt: now,
      error: end.reason,
      rolledBack: end.rolledBack,
    });
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        SwitchFailedV1,
        sw.agentId,
        { ...this.#facts(failed, from), step: sw.step, ...end },
        { correlation: sw.correlationId, severity: sw.incidentId === null ? 'warning' : 'critical' },
      ),
    );
    return failed;
  }

  async #endStep(tx: Tx, sw: Switch, end: StepEnd, now: Date): Promise<void> {
    const record: StepRecord = {
      switchId: sw.id,
      step: sw.step,
      outcome: end.outcome,
      detail: end.detail,
      startedAt: sw.stepStartedAt,
      finishedAt: now,
    };
    await this.switches.recordStep(tx, record);
    await this.deps.outbox.add(
      tx,
      this.#events.of(
        SwitchStepFinishedV1,
        sw.agentId,
        {
          agentId: sw.agentId,
          clientId: sw.clientId,
          switchId: sw.id,
          step: sw.step,
          outcome: end.outcome,
          detail: end.detail,
          startedAt: sw.stepStartedAt.toISOString(),
          finishedAt: now.toISOString(),
        },
        { correlation: sw.correlationId },
      ),
    );
  }

  #facts(
    sw: Switch,
    from: Instance,
  ): {
    agentId: string;
    clientId: string;
    switchId: string;
    trigger: Switch['trigger'];
    from: ReturnType<typeof placementOf>;
    decisionId: string | null;
    incidentId: string | null;
  } {
    return {
      agentId: sw.agentId,
      clientId: sw.clientId,
      switchId: sw.id,
      trigger: sw.trigger,
      from: placementOf(from),
      decisionId: sw.decisionId,
      incidentId: sw.incidentId,
    };
  }
}

/** Null while one of the two ends is unknown: a downtime is measured or not stated at all. */
export function downtimeMsOf(sw: Switch): number | null {
  if (sw.servedUntil === null || sw.servingSince === null) return null;
  return Math.max(0, sw.servingSince.getTime() - sw.servedUntil.getTime());
}

/** Signed (CT-114); null while a price is unknown. */
export function savingsUsdPerHourOf(sw: Switch): number | null {
  if (sw.oldUsdPerHour === null || sw.newUsdPerHour === null) return null;
  return Number((sw.oldUsdPerHour - sw.newUsdPerHour).toFixed(6));
}
