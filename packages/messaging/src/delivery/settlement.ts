import type { AppError } from '@spotopt/kernel';
import type { ParkedMessage } from '../message-bus.js';

export type ParkingNote = Omit<ParkedMessage, 'delivery'>;

/** What a transport offers the pipeline for one delivery; exactly one of the three ways ends it. */
export interface Settlement {
  /** Aborted when the transport has taken the delivery back: nothing that is done to it counts any more. */
  readonly lost: AbortSignal;
  /** The transport knows that no consumer was ever given this message before. */
  readonly fresh: boolean;
  acknowledge(): void;
  /** Resolves when the message is safe in the parking place and gone from its queue. */
  park(note: ParkingNote): Promise<void>;
  /** Puts the message back for another consumer. */
  giveBack(): void;
}

/** Sent by parsers for what can never be read: it is parked as `malformed`. */
export const MALFORMED_MESSAGE = 'malformed-message';

const LONGEST_ERROR_TEXT = 1_000;

export function parkingNote(error: AppError, attempts: number): ParkingNote {
  const reason =
    error.code === MALFORMED_MESSAGE
      ? 'malformed'
      : error.kind === 'permanent'
        ? 'permanent'
        : 'too-many-attempts';
  return { reason, attempts, error: `${error.code}: ${error.message}`.slice(0, LONGEST_ERROR_TEXT) };
}
