import type { Tx } from '@spotopt/kernel';
import { changeRows, insertRows, managerOf, selectRows } from '@spotopt/persistence';
import { Between, type FindOperator, LessThan } from 'typeorm';
import { FIGURE_SUMS, figuresOfSums, toColumns } from './figure-columns.store.js';
import {
  LedgerClosingRow,
  LedgerDayRow,
  LedgerLineRow,
  toClosedDay,
  toLine,
  toLineRow,
} from './ledger-rows.store.js';
import { microUsdOf, usdOf } from './money.js';
import {
  type ClosedDay,
  type Closing,
  type DayRange,
  type DaySum,
  type Figures,
  LedgerStore,
  type PricedLine,
} from './ports.js';
import { whereOf } from './scope-sql.store.js';

const LINES_PER_INSERT = 100;

interface SumRow extends Record<string, unknown> {
  readonly day: string;
  readonly days: number;
  readonly sure_days: number;
  readonly counterfactual_usd: unknown;
  readonly revision: number;
}

export class SqlLedgerStore extends LedgerStore {
  override async findDay(tx: Tx, agentId: string, day: string): Promise<ClosedDay | null> {
    const row = await managerOf(tx).findOneBy(LedgerDayRow, { agentId, day });
    return row === null ? null : toClosedDay(row);
  }

  override async addClosing(tx: Tx, closing: Closing, lines: readonly PricedLine[]): Promise<void> {
    const { agentId, clientId, day, revision, closedAt, figures, counterfactualMicroUsd, changed } = closing;
    const counterfactualUsd = counterfactualMicroUsd === null ? null : usdOf(counterfactualMicroUsd);
    const row = { agentId, clientId, day, revision, closedAt, counterfactualUsd, ...toColumns(figures) };
    const manager = managerOf(tx);
    await manager.delete(LedgerDayRow, { agentId, day });
    await insertRows(tx, LedgerDayRow, row);
    await insertRows(tx, LedgerClosingRow, { ...row, changed: [...changed] });
    await this.replaceLines(tx, { agentId, day }, lines);
  }

  override async replaceLines(
    tx: Tx,
    { agentId, day }: { readonly agentId: string; readonly day: string },
    lines: readonly PricedLine[],
  ): Promise<void> {
    await managerOf(tx).delete(LedgerLineRow, { agentId, day });
    const rows = lines.map((line, lineNo) => toLineRow(day, line, lineNo));
    for (let start = 0; start < rows.length; start += LINES_PER_INSERT) {
      await insertRows(tx, LedgerLineRow, ...rows.slice(start, start + LINES_PER_INSERT));
    }
  }

  override async sumByDay(tx: Tx, range: DayRange): Promise<DaySum[]> {
    const { sql, parameters } = whereOf(range);
    const rows = await selectRows<SumRow>(
      tx,
      `SELECT day, ${FIGURE_SUMS}, COUNT(*) AS days, COUNT(counterfactual_usd) AS sure_days,
         SUM(counterfactual_usd) AS counterfactual_usd, MAX(revision) AS revision
       FROM ledger_day WHERE ${sql} GROUP BY day ORDER BY day`,
      parameters,
    );
    return rows.map((row) => ({
      day: row.day,
      figures: figuresOfSums(row),
      counterfactualMicroUsd:
        Number(row.days) === Number(row.sure_days) ? microUsdOf(Number(row.counterfactual_usd)) : null,
      revised: Number(row.revision) > 1,
    }));
  }

  override async sumByClient(tx: Tx, range: DayRange): Promise<{ clientId: string; figures: Figures }[]> {
    const { sql, parameters } = whereOf(range);
    const rows = await selectRows<Record<string, unknown> & { client_id: string }>(
      tx,
      `SELECT client_id, ${FIGURE_SUMS} FROM ledger_day WHERE ${sql} GROUP BY client_id ORDER BY client_id`,
      parameters,
    );
    return rows.map((row) => ({ clientId: row.client_id, figures: figuresOfSums(row) }));
  }

  override async days(tx: Tx, range: DayRange): Promise<ClosedDay[]> {
    const rows = await managerOf(tx).findBy(LedgerDayRow, daysOf(range));
    return rows.map(toClosedDay);
  }

  override async lines(tx: Tx, range: DayRange): Promise<PricedLine[]> {
    const order = { day: 'ASC', agentId: 'ASC', lineNo: 'ASC' } as const;
    const rows = await managerOf(tx).find(LedgerLineRow, { where: daysOf(range), order });
    return rows.map(toLine);
  }

  override async linesOfMachine(
    tx: Tx,
    ec2InstanceId: string,
  ): Promise<{ readonly day: string; readonly line: PricedLine }[]> {
    const rows = await managerOf(tx).findBy(LedgerLineRow, { ec2InstanceId });
    return rows.map((row) => ({ day: row.day, line: toLine(row) }));
  }

  override async closings(tx: Tx, range: DayRange): Promise<Closing[]> {
    const order = { day: 'ASC', agentId: 'ASC', revision: 'ASC' } as const;
    const rows = await managerOf(tx).find(LedgerClosingRow, { where: daysOf(range), order });
    return rows.map((row) => ({ ...toClosedDay(row), changed: row.changed as string[] }));
  }

  override async deleteBefore(tx: Tx, day: string, limit: number): Promise<number> {
    const old = await managerOf(tx).find(LedgerDayRow, {
      where: { day: LessThan(day) },
      order: { day: 'ASC' },
      take: limit,
    });
    for (const row of old) {
      for (const table of ['ledger_line', 'ledger_closing', 'ledger_day']) {
        const key = [row.agentId, row.day];
        await changeRows(tx, `DELETE FROM ${table} WHERE agent_id = ? AND day = ?`, key);
      }
    }
    return old.length;
  }
}

function daysOf({ clientId, agentId, from, to }: DayRange): {
  clientId?: string;
  agentId?: string;
  day: FindOperator<string>;
} {
  return {
    ...(clientId === null ? {} : { clientId }),
    ...(agentId === null ? {} : { agentId }),
    day: Between(from, to),
  };
}
