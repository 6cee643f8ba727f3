import { type Tx, UnitOfWork } from '@spotopt/kernel';
import { managerOf, selectRows } from '@spotopt/persistence';

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Remembers the statements that reads send, as they are sent. */
export class RecordedReads extends UnitOfWork {
  readonly statements: Statement[] = [];

  constructor(private readonly uow: UnitOfWork) {
    super();
  }

  override run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.uow.run(work);
  }

  override read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.uow.read(async (tx) => {
      const runner = managerOf(tx).queryRunner;
      if (runner === undefined) return work(tx);
      const send = runner.query.bind(runner);
      const recorded = (sql: string, parameters?: unknown[]): Promise<unknown> => {
        this.statements.push({ sql, parameters: parameters ?? [] });
        return send(sql, parameters);
      };
      Reflect.set(runner, 'query', recorded);
      try {
        return await work(tx);
      } finally {
        Reflect.deleteProperty(runner, 'query');
      }
    });
  }
}

interface PlanRow {
  readonly table: string | null;
  readonly type: string | null;
  readonly key: string | null;
}

/** Whether the server answers every one of the statements from a stretch of an index. */
export async function usesIndexRange(uow: UnitOfWork, statements: readonly Statement[]): Promise<boolean> {
  let ranges = 0;
  for (const { sql, parameters } of statements) {
    const plan = await uow.read((tx) => selectRows<PlanRow>(tx, `EXPLAIN ${sql}`, parameters));
    if (!plan.every(({ type, key }) => type === 'range' && key !== null)) return false;
    ranges += plan.length;
  }
  return ranges > 0;
}
