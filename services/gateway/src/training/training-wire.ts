import type { HazardPriorFit, TrainingSetView } from '@spotopt/contracts';
import type { HazardPriorsRoute, ResponseOf, TrainingSetsRoute } from '@spotopt/contracts/http';

type SetItem = ResponseOf<typeof TrainingSetsRoute>['training_sets'][number];
type FitItem = ResponseOf<typeof HazardPriorsRoute>['fits'][number];

interface WireScope {
  readonly from?: string | null | undefined;
  readonly until?: string | null | undefined;
  readonly region?: string | null | undefined;
  readonly instance_types?: string[] | null | undefined;
}

const DEFAULT_MS = 90 * 86_400_000;

interface Scope {
  readonly from: string;
  readonly until: string;
  readonly region: string | null;
  readonly instanceTypes: string[] | null;
}

/** The last 90 days of everything, where nothing else is asked for. */
export function scopeOfBody(body: WireScope, now: Date): Scope {
  const until = body.until ?? now.toISOString();
  return {
    from: body.from ?? new Date(Date.parse(until) - DEFAULT_MS).toISOString(),
    until,
    region: body.region ?? null,
    instanceTypes: body.instance_types ?? null,
  };
}

export function toSetItem(set: TrainingSetView): SetItem {
  const { name, version, state, progress, format, from, until, region, pools, rows, bytes } = set;
  const { sha256, reproduced, error, fileUntil } = set;
  return {
    id: set.setId,
    ...{ name, version, state, progress, format, from, until, region },
    instance_types: set.instanceTypes,
    columns_version: set.columnsVersion,
    as_of: set.asOf,
    created_at: set.createdAt,
    finished_at: set.finishedAt,
    ...{ pools, rows, bytes, sha256, reproduced, error },
    rows_left_out: set.rowsLeftOut,
    file_url: fileUntil === null ? null : `/api/admin/training-sets/${set.setId}/file`,
    file_until: fileUntil,
  };
}

export function toFitItem(fit: HazardPriorFit): FitItem {
  const { state, progress, from, until, region, pools, priors, active, error } = fit;
  return {
    id: fit.fitId,
    ...{ state, progress, from, until, region, pools, priors, active, error },
    instance_types: fit.instanceTypes,
    created_at: fit.createdAt,
    finished_at: fit.finishedAt,
  };
}
