import type { AgentSettings, Mode } from '@spotopt/contracts';

export interface Placement {
  readonly ec2InstanceId: string | null;
  readonly mode: Mode;
  readonly poolId: string;
}

/** What a decision needs to know of a logical agent, gathered from the fleet's events. */
export interface Workload {
  readonly agentId: string;
  readonly clientId: string;
  readonly region: string;
  readonly instanceType: string;
  readonly settings: AgentSettings;
  readonly settingsAt: Date;
  readonly online: boolean;
  readonly onlineAt: Date;
  readonly deleted: boolean;
  readonly epoch: number;
  readonly primary: Placement | null;
  readonly registeredAt: Date;
  readonly nextDecisionAt: Date;
  /** A proposal may still be taken up until then. */
  readonly proposalOpenUntil: Date | null;
  /** Rises with every write. */
  readonly version: number;
}

export interface Registration {
  readonly agentId: string;
  readonly clientId: string;
  readonly region: string;
  readonly instanceType: string;
  readonly settings: AgentSettings;
  readonly epoch: number;
  readonly primary: Placement | null;
  /** Whether it is the primary itself that registered, which shows that it runs. */
  readonly byPrimary: boolean;
}

/** News about a workload. Each kind carries the time at which it was true; older news changes nothing. */
export type WorkloadNews =
  | { readonly kind: 'registered'; readonly at: Date; readonly registration: Registration }
  | { readonly kind: 'settings'; readonly at: Date; readonly settings: AgentSettings }
  | { readonly kind: 'online'; readonly at: Date; readonly online: boolean }
  | { readonly kind: 'primary'; readonly at: Date; readonly epoch: number; readonly placement: Placement }
  | { readonly kind: 'switch-started'; readonly at: Date }
  | { readonly kind: 'deleted'; readonly at: Date };

/**
 * The workload after the news. Null for news of a workload that nobody registered: they are followed after its
 * registration, which may be on its way.
 */
export function follow(workload: Workload | null, news: WorkloadNews): Workload | null {
  if (news.kind === 'registered') return register(workload, news.registration, news.at);
  if (workload === null) return null;
  switch (news.kind) {
    case 'settings':
      return news.at < workload.settingsAt ? workload : withSettings(workload, news.settings, news.at);
    case 'online':
      return news.at < workload.onlineAt ? workload : { ...workload, online: news.online, onlineAt: news.at };
    case 'primary':
      return news.epoch < workload.epoch
        ? workload
        : { ...workload, epoch: news.epoch, primary: placedAt(news.placement, workload.primary) };
    case 'switch-started':
      return { ...workload, proposalOpenUntil: null };
    case 'deleted':
      return { ...workload, deleted: true };
  }
}

function register(known: Workload | null, registration: Registration, at: Date): Workload {
  const { byPrimary, ...facts } = registration;
  if (known === null) {
    return {
      ...facts,
      settingsAt: at,
      online: true,
      onlineAt: at,
      deleted: false,
      registeredAt: at,
      nextDecisionAt: at,
      proposalOpenUntil: null,
      version: 0,
    };
  }
  const { primary, epoch, settings, region, instanceType } = facts;
  const placed =
    primary !== null && epoch >= known.epoch
      ? { primary: placedAt(primary, known.primary), epoch, region, instanceType }
      : {};
  const set = at >= known.settingsAt ? { settings, settingsAt: at } : {};
  const seen = byPrimary && at >= known.onlineAt ? { online: true, onlineAt: at } : {};
  return { ...known, ...placed, ...set, ...seen };
}

/** A machine is bought once: what is known of it stays, whatever a message of the same epoch did not know. */
function placedAt(told: Placement, known: Placement | null): Placement {
  const isSame = known !== null && known.ec2InstanceId === told.ec2InstanceId;
  return isSame && told.mode === 'unknown' ? { ...told, mode: known.mode } : told;
}

/** Changed settings may allow what was held back, so that the next decision is due at once. */
function withSettings(workload: Workload, settings: AgentSettings, at: Date): Workload {
  const nextDecisionAt = at < workload.nextDecisionAt ? at : workload.nextDecisionAt;
  return { ...workload, settings, settingsAt: at, nextDecisionAt };
}

export type ChangeState =
  | 'started'
  | 'finished'
  /** Before anybody touched the workload. */
  | 'failed'
  /** After the old primary had been asked to stop; it goes on. */
  | 'rolled-back'
  /** The workload runs on the new machine already. */
  | 'failed-moved';

export interface ChangeOfPrimary {
  readonly switchId: string;
  readonly agentId: string;
  readonly state: ChangeState;
  readonly startedAt: Date;
  /** Null while it is under way. */
  readonly endedAt: Date | null;
  /** The decision that it carries out; null for anybody else's. */
  readonly decisionId: string | null;
}

/** A change of primary whose end was never heard of no longer holds anything up after this time. */
const LONGEST_SWITCH_MS = 2 * 3_600_000;

export function isUnderWay(change: ChangeOfPrimary, now: Date): boolean {
  return change.state === 'started' && now.getTime() - change.startedAt.getTime() < LONGEST_SWITCH_MS;
}

/** When the changes happened that count towards the limits: all that touched the workload, whoever asked for them. */
export function changesAtMs(changes: readonly ChangeOfPrimary[]): number[] {
  return changes.flatMap(({ state, endedAt }) =>
    state !== 'started' && state !== 'failed' && endedAt !== null ? [endedAt.getTime()] : [],
  );
}
