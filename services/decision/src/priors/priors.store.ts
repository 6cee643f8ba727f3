import { FittedPriors, HazardPriorFit } from '@spotopt/contracts';
import { AppError, type Tx } from '@spotopt/kernel';
import {
  doubleColumn,
  idColumn,
  insertIfAbsent,
  insertRows,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
  textColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, In, PrimaryColumn } from 'typeorm';
import { type HazardPriors, type PriorFit, PriorFitStore, PriorStore } from './ports.js';
import { priorsFor } from './prior-fit.js';

@Entity('hazard_prior_fit')
export class HazardPriorFitRow {
  @PrimaryColumn(idColumn({ name: 'fit_id' })) fitId!: string;
  @Column(stringColumn(16)) state!: string;
  @Column(instantColumn({ name: 'from_at' })) from!: Date;
  @Column(instantColumn({ name: 'until_at' })) until!: Date;
  @Column(stringColumn(64, { nullable: true })) region!: string | null;
  @Column(jsonColumn({ name: 'instance_types', nullable: true })) instanceTypes!: readonly string[] | null;
  @Column(jsonColumn()) pools!: readonly string[];
  @Column(instantColumn({ name: 'created_at' })) createdAt!: Date;
  @Column(instantColumn({ name: 'finished_at', nullable: true })) finishedAt!: Date | null;
  @Column(doubleColumn()) progress!: number;
  @Column(jsonColumn({ name: 'priors', nullable: true })) priors!: unknown;
  @Column(textColumn({ nullable: true })) error!: string | null;
  @Column(intColumn()) attempts!: number;
  @Column(intColumn()) revision!: number;
}

/** One row: which fit is in use. */
@Entity('hazard_prior_choice')
export class HazardPriorChoiceRow {
  @PrimaryColumn(idColumn()) name!: string;
  @Column(idColumn({ name: 'fit_id', nullable: true })) fitId!: string | null;
  @Column(instantColumn({ name: 'chosen_at' })) chosenAt!: Date;
}

const ACTIVE = 'active';

export class SqlPriorFitStore extends PriorFitStore {
  override async add(tx: Tx, fit: PriorFit): Promise<void> {
    await insertRows(tx, HazardPriorFitRow, { ...fit });
  }

  override async find(tx: Tx, fitId: string): Promise<PriorFit | null> {
    const row = await managerOf(tx).findOneBy(HazardPriorFitRow, { fitId });
    return row === null ? null : toFit(row);
  }

  override async list(tx: Tx, limit: number): Promise<PriorFit[]> {
    const rows = await managerOf(tx).find(HazardPriorFitRow, {
      order: { createdAt: 'DESC', fitId: 'DESC' },
      take: limit,
    });
    return rows.map(toFit);
  }

  override async next(tx: Tx): Promise<PriorFit | null> {
    const [row] = await managerOf(tx).find(HazardPriorFitRow, {
      where: { state: In(['queued', 'running']) },
      order: { createdAt: 'ASC', fitId: 'ASC' },
      take: 1,
    });
    return row === undefined ? null : toFit(row);
  }

  override async save(tx: Tx, before: PriorFit, next: PriorFit): Promise<PriorFit> {
    const { fitId, revision } = before;
    const stored = { ...next, revision: revision + 1 };
    const { fitId: _fitId, ...change } = stored;
    if ((await updateRows(tx, HazardPriorFitRow, { fitId, revision }, change)) === 1) return stored;
    throw AppError.transient('version-conflict', `the fit ${fitId} was changed by somebody else`);
  }

  override async activeFitId(tx: Tx): Promise<string | null> {
    const row = await managerOf(tx).findOneBy(HazardPriorChoiceRow, { name: ACTIVE });
    return row?.fitId ?? null;
  }

  override async activate(tx: Tx, fitId: string | null, at: Date): Promise<void> {
    if (await insertIfAbsent(tx, HazardPriorChoiceRow, { name: ACTIVE, fitId, chosenAt: at })) return;
    await updateRows(tx, HazardPriorChoiceRow, { name: ACTIVE }, { fitId, chosenAt: at });
  }
}

export class SqlPriorStore extends PriorStore {
  readonly #fits = new SqlPriorFitStore();

  override async active(
    tx: Tx,
    market: { readonly region: string; readonly instanceType: string },
  ): Promise<HazardPriors | null> {
    const fitId = await this.#fits.activeFitId(tx);
    const fit = fitId === null ? null : await this.#fits.find(tx, fitId);
    return fit?.priors ? priorsFor(fit.priors, market) : null;
  }
}

function toFit(row: HazardPriorFitRow): PriorFit {
  return {
    ...row,
    state: HazardPriorFit.shape.state.parse(row.state),
    priors: row.priors === null ? null : FittedPriors.parse(row.priors),
  };
}
