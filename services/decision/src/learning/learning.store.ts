import { AppError, type Tx } from '@spotopt/kernel';
import {
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  stringColumn,
} from '@spotopt/persistence';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { MarketBelief, PoolBelief } from '../engine/ports.js';
import type { Market } from '../market/ports.js';
import { LearningStore, type MarketLearning } from './ports.js';

@Entity('market_learning')
export class MarketLearningRow {
  @PrimaryColumn(stringColumn(64)) region!: string;
  @PrimaryColumn(stringColumn(64, { name: 'instance_type' })) instanceType!: string;
  @Column(jsonColumn({ name: 'market_belief', nullable: true })) marketBelief!: MarketBelief | null;
  @Column(jsonColumn({ name: 'pool_beliefs' })) poolBeliefs!: Readonly<Record<string, PoolBelief>>;
  @Column(instantColumn({ name: 'learned_until' })) learnedUntil!: Date;
  @Column(stringColumn(64)) learner!: string;
  @Column(intColumn()) version!: number;
}

export class SqlLearningStore extends LearningStore {
  override async find(tx: Tx, { region, instanceType }: Market): Promise<MarketLearning | null> {
    const row = await managerOf(tx).findOneBy(MarketLearningRow, { region, instanceType });
    if (row === null) return null;
    const { marketBelief, poolBeliefs, learnedUntil, learner, version } = row;
    const learned = { market: marketBelief, pools: new Map(Object.entries(poolBeliefs)) };
    return { region, instanceType, learned, learnedUntil, learner, version };
  }

  override async save(
    tx: Tx,
    known: MarketLearning | null,
    next: Omit<MarketLearning, 'version'>,
  ): Promise<void> {
    const { region, instanceType, learned, learnedUntil, learner } = next;
    const row = {
      marketBelief: learned.market,
      poolBeliefs: Object.fromEntries(learned.pools),
      learnedUntil,
      learner,
    };
    const written =
      known === null
        ? await insertIfAbsent(tx, MarketLearningRow, { region, instanceType, ...row, version: 1 })
        : await this.#update(tx, known, row);
    if (written) return;
    throw AppError.transient(
      'version-conflict',
      `what is learned of ${instanceType} in ${region} changed meanwhile`,
    );
  }

  async #update(
    tx: Tx,
    { region, instanceType, version }: MarketLearning,
    row: Omit<MarketLearningRow, 'region' | 'instanceType' | 'version'>,
  ): Promise<boolean> {
    const result = await managerOf(tx)
      .createQueryBuilder()
      .update(MarketLearningRow)
      .set({ ...row, version: version + 1 })
      .where({ region, instanceType, version })
      .execute();
    return result.affected === 1;
  }
}
