import type { ZoneScore } from '@spotopt/cloud';
import type { Tx } from '@spotopt/kernel';
import {
  changeRows,
  idColumn,
  insertIfAbsent,
  instantColumn,
  intColumn,
  jsonColumn,
  managerOf,
  selectRows,
  stringColumn,
  updateRows,
} from '@spotopt/persistence';
import { Column, Entity, MoreThan, PrimaryColumn } from 'typeorm';
import type { Market } from '../pools/ports.js';
import { type AskedQuestion, PlacementStore } from './ports.js';
import { fingerprintOf, type Question } from './question.js';

/** Which question stands for a market. */
@Entity('placement_question')
export class PlacementQuestionRow {
  @PrimaryColumn(stringColumn(32)) region!: string;
  @PrimaryColumn(stringColumn(32, { name: 'instance_type' })) instanceType!: string;
  @Column(idColumn()) fingerprint!: string;
  @Column(jsonColumn({ name: 'instance_types' })) instanceTypes!: string[];
  @Column(intColumn({ name: 'target_capacity' })) targetCapacity!: number;
}

/** The questions that were asked, with their last answers. */
@Entity('placement_answer')
export class PlacementAnswerRow {
  @PrimaryColumn(idColumn()) fingerprint!: string;
  @Column(instantColumn({ name: 'first_asked_at' })) firstAskedAt!: Date;
  @Column(instantColumn({ name: 'read_at', nullable: true })) readAt!: Date | null;
  @Column(jsonColumn({ nullable: true })) scores!: readonly ZoneScore[] | null;
}

export class SqlPlacementStore extends PlacementStore {
  override async questionOf(tx: Tx, { region, instanceType }: Market): Promise<Question | null> {
    const row = await managerOf(tx).findOneBy(PlacementQuestionRow, { region, instanceType });
    if (row === null) return null;
    return { region, instanceTypes: row.instanceTypes, targetCapacity: row.targetCapacity };
  }

  override async chooseQuestion(tx: Tx, market: Market, question: Question): Promise<void> {
    const { region, instanceType } = market;
    const { instanceTypes, targetCapacity } = question;
    await insertIfAbsent(tx, PlacementQuestionRow, {
      region,
      instanceType,
      fingerprint: fingerprintOf(question),
      instanceTypes: [...instanceTypes],
      targetCapacity,
    });
  }

  override async asked(tx: Tx, fingerprint: string): Promise<AskedQuestion | null> {
    const row = await managerOf(tx).findOneBy(PlacementAnswerRow, { fingerprint });
    return row === null ? null : { fingerprint, readAt: row.readAt };
  }

  override async admit(
    tx: Tx,
    question: Question,
    { at, since, limit }: { readonly at: Date; readonly since: Date; readonly limit: number },
  ): Promise<boolean> {
    const recent = await managerOf(tx).countBy(PlacementAnswerRow, { firstAskedAt: MoreThan(since) });
    if (recent >= limit) return false;
    await insertIfAbsent(tx, PlacementAnswerRow, {
      fingerprint: fingerprintOf(question),
      firstAskedAt: at,
      readAt: null,
      scores: null,
    });
    return true;
  }

  override async withdraw(tx: Tx, fingerprint: string): Promise<void> {
    await changeRows(tx, 'DELETE FROM placement_answer WHERE fingerprint = ? AND read_at IS NULL', [
      fingerprint,
    ]);
  }

  override async saveAnswer(
    tx: Tx,
    fingerprint: string,
    scores: readonly ZoneScore[],
    readAt: Date,
  ): Promise<void> {
    await updateRows(tx, PlacementAnswerRow, { fingerprint }, { scores, readAt });
  }

  override async knownTypes(tx: Tx, region: string): Promise<string[]> {
    const rows = await selectRows<{ instance_type: string }>(
      tx,
      'SELECT DISTINCT instance_type FROM spot_pool WHERE region = ? ORDER BY instance_type',
      [region],
    );
    return rows.map((row) => row.instance_type);
  }
}
