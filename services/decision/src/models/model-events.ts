import { createEvent, ModelActivatedV1, ModelRolledBackV1 } from '@spotopt/contracts';
import { AppError, type OutgoingEvent } from '@spotopt/kernel';
import type { EngineRef } from '../runtime/ports.js';
import type { Slots } from './slots.js';

interface SlotChange {
  readonly id: string;
  readonly before: Slots;
  readonly after: Slots;
  readonly by: string;
}

function facts({ before, after }: SlotChange): { engine: EngineRef; previous: EngineRef; revision: number } {
  return { engine: after.live.engine, previous: before.live.engine, revision: after.revision };
}

export function activatedEvent(change: SlotChange): OutgoingEvent {
  const { since, engine } = change.after.live;
  return createEvent(ModelActivatedV1, {
    id: change.id,
    time: since,
    subject: engine.engineId,
    data: { ...facts(change), activatedBy: change.by, activatedAt: since.toISOString() },
  });
}

export function rolledBackEvent(
  change: SlotChange,
  { reason, automatic }: { readonly reason: string; readonly automatic: boolean },
): OutgoingEvent {
  const { since, engine } = change.after.live;
  return createEvent(ModelRolledBackV1, {
    id: change.id,
    time: since,
    subject: engine.engineId,
    severity: automatic ? 'warning' : 'info',
    data: {
      ...facts(change),
      ...{ reason, automatic },
      rolledBackBy: change.by,
      rolledBackAt: since.toISOString(),
    },
  });
}

export function unknownEngine(engineId: string): AppError {
  return AppError.permanent('engine-unknown', `there is no engine or upload ${engineId}`);
}
