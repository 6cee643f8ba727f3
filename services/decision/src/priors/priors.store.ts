import { FittedPriors, HazardPriorFit } from '@spotopt/contracts';
import type { Tx } from '@spotopt/kernel';
import {
  idColumn,
  insertIfAbsent,
  insertRows,
  instantColumn,
  jsonColumn,
  managerOf,
  QueuedRow,
  QueuedRows,
  stringColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { type HazardPriors, type PriorFit, type PriorFitStore, PriorStore } from './ports.js';
import { priorsFor } from './prior-fit.js';

@Entity('hazard_prior_fit')
export class HazardPriorFitRow extends QueuedRow {
  @PrimaryColumn(idColumn({ name: 'fit_id' })) fitId!: string;
  @Column(instantColumn({ name: 'from_at' })) from!: Date;
  @Column(instantColumn({ name: 'until_at' })) until!: Date;
  @Column(stringColumn(64, { nullable: true })) region!: string | null;
  @Column(jsonColumn({ name: 'instance_types', nullable: true })) instanceTypes!: readonly string[] | null;
  @Column(jsonColumn()) pools!: readonly string[];
  @Column(jsonColumn({ name: 'priors', nullable: true })) priors!: unknown;
}

/** One row: which fit is in use. */
@Entity('hazard_prior_choice')
export class HazardPriorChoiceRow {
  @PrimaryColumn(idColumn()) name!: string;
  @Column(idColumn({ name: 'fit_id', nullable: true })) fitId!: string | null;
  @Column(instantColumn({ name: 'chosen_at' })) chosenAt!: Date;
}

const ACTIVE = 'active';

export class SqlPriorFitStore extends QueuedRows<HazardPriorFitRow, PriorFit> implements PriorFitStore {
  constructor() {
    super({
      entity: HazardPriorFitRow,
      id: 'fitId',
      noun: 'fit',
      toJob: toFit,
      toRow: (fit) => ({ ...fit }),
    });
  }

  async add(tx: Tx, fit: PriorFit): Promise<void> {
    await insertRows(tx, HazardPriorFitRow, { ...fit });
  }

  async activeFitId(tx: Tx): Promise<string | null> {
    const row = await managerOf(tx).findOneBy(HazardPriorChoiceRow, { name: ACTIVE });
    return row?.fitId ?? null;
  }

  async activate(tx: Tx, fitId: string | null, at: Date): Promise<void> {
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
