interface FromEventBridge {
  /** Id of the EventBridge event; the same event may be delivered twice. */
  readonly eventId: string;
  /** When AWS emitted it. The event itself has no deadline. */
  readonly emittedAt: Date;
  readonly region: string;
}

export interface InterruptionWarning extends FromEventBridge {
  readonly kind: 'interruption-warning';
  readonly ec2InstanceId: string;
  readonly action: 'terminate' | 'stop' | 'hibernate';
}

export interface RebalanceRecommendation extends FromEventBridge {
  readonly kind: 'rebalance-recommendation';
  readonly ec2InstanceId: string;
}

export interface StateChange extends FromEventBridge {
  readonly kind: 'state-change';
  readonly ec2InstanceId: string;
  readonly state: 'pending' | 'running' | 'stopping' | 'stopped' | 'shutting-down' | 'terminated';
}

export interface SpotFulfilled extends FromEventBridge {
  readonly kind: 'spot-fulfilled';
  readonly ec2InstanceId: string;
  readonly spotInstanceRequestId: string;
}

export interface CapacityReservationInterruption extends FromEventBridge {
  readonly kind: 'capacity-reservation-interruption';
  readonly ec2InstanceId: string;
  readonly action: string;
}

/** AWS Health: maintenance ahead, often weeks ahead, of one or several instances. */
export interface ScheduledChange extends FromEventBridge {
  readonly kind: 'scheduled-change';
  readonly ec2InstanceIds: readonly string[];
  readonly eventTypeCode: string;
  readonly startsAt: Date | null;
  readonly affectedRegion: string;
  readonly affectedAccount: string | null;
  /** Same for every page and copy of one message. */
  readonly communicationId: string;
}

/** An event that nobody asked for: delete it. */
export interface IgnoredNotice {
  readonly kind: 'ignored';
  readonly source: string;
  readonly detailType: string;
}

/** Not an EventBridge event, or not the shape that its type promises: count it, delete it. */
export interface MalformedNotice {
  readonly kind: 'malformed';
  readonly reason: string;
}

export type Notice =
  | InterruptionWarning
  | RebalanceRecommendation
  | StateChange
  | SpotFulfilled
  | CapacityReservationInterruption
  | ScheduledChange
  | IgnoredNotice
  | MalformedNotice;

export interface ReceivedNotice {
  readonly notice: Notice;
  /** What `delete` needs. */
  readonly receipt: string;
  readonly messageId: string;
}

export interface ReceiveOptions {
  /** Long poll. @default 20 */
  readonly waitSeconds?: number;
  /** @default 10 */
  readonly maxMessages?: number;
  /** How long the messages stay hidden from others. @default 20 */
  readonly visibilitySeconds?: number;
  readonly signal?: AbortSignal;
}

/** Queue into which EventBridge puts the account's EC2 and Health events. At least once, in no order. */
export abstract class NoticeQueue {
  /** Waits for messages; empty when none came in time or `signal` was aborted. */
  abstract receive(options?: ReceiveOptions): Promise<readonly ReceivedNotice[]>;

  /** Call when the notice is stored or not ours. Idempotent: an expired or used receipt is of no effect. */
  abstract delete(receipt: string): Promise<void>;
}
