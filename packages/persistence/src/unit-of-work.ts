import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import { AppError, AsyncMutex, SystemClock, UnitOfWork, backoffMs, type Tx } from '@spotopt/kernel';
import { isConflict, isUnavailable, toDatabaseError } from './database-errors.js';
import type { Dialect } from './dialect.js';
import { DatabaseTx } from './transaction.js';

const MAX_CONFLICT_ATTEMPTS = 5;
const MAX_CONNECTION_ATTEMPTS = 3;
const RETRY = { initialMs: 10, maxMs: 250 };

export interface Commit {
  /** Events that the transaction put into the outbox. */
  readonly events: number;
}

export type CommitListener = (commit: Commit) => void;

export interface UnitOfWorkParts {
  readonly source: DataSource;
  readonly dialect: Dialect;
  readonly random: () => number;
}

/** The commit itself failed on the way: nobody knows whether it happened, so it is not run again. */
class CommitInDoubt {
  constructor(readonly reason: unknown) {}
}

/**
 * Transactions on TypeORM. SQLite has one connection, on which concurrent flows would run inside each
 * other's transaction, so there everything waits its turn; nesting is refused on every server, because it
 * would wait for itself there and exhaust the pool elsewhere.
 */
export class TypeormUnitOfWork extends UnitOfWork {
  readonly #scope = new AsyncLocalStorage<{ active: boolean }>();
  readonly #turn = new AsyncMutex();
  readonly #listeners = new Set<CommitListener>();
  /** Waits between attempts follow the server, not simulated time. */
  readonly #realTime = new SystemClock();

  constructor(private readonly parts: UnitOfWorkParts) {
    super();
  }

  override async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#refuseNesting();
    return this.#inTurn(() => this.#attempts((runner) => this.#write(runner, work)));
  }

  override async read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    this.#refuseNesting();
    return this.#inTurn(() =>
      this.#attempts(async (runner) =>
        this.#scoped(new DatabaseTx('read', runner, this.parts.dialect), work),
      ),
    );
  }

  /** Called after each commit, outside of the transaction. Answers how to end that. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves when nothing that was started before is under way (SQLite only). */
  async settle(): Promise<void> {
    await this.#inTurn(() => Promise.resolve());
  }

  #refuseNesting(): void {
    if (this.#scope.getStore()?.active === true) {
      throw AppError.bug(
        'nested-unit-of-work',
        'UnitOfWork.run or read was called inside a transaction: pass its tx on instead',
      );
    }
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.parts.dialect.kind === 'sqlite' ? this.#turn.run(task) : task();
  }

  async #attempts<T>(attempt: (runner: QueryRunner) => Promise<T>): Promise<T> {
    for (let number = 1; ; number += 1) {
      const runner = this.parts.source.createQueryRunner();
      try {
        return await attempt(runner);
      } catch (error) {
        if (error instanceof CommitInDoubt) {
          throw toDatabaseError(error.reason, { attempts: number, outcome: 'unknown' });
        }
        const limit = isConflict(error)
          ? MAX_CONFLICT_ATTEMPTS
          : isUnavailable(error)
            ? MAX_CONNECTION_ATTEMPTS
            : 0;
        if (number >= limit) throw toDatabaseError(error, { attempts: number });
      } finally {
        await runner.release();
      }
      await this.#realTime.sleep(backoffMs(number, RETRY, this.parts.random()));
    }
  }

  async #write<T>(runner: QueryRunner, work: (tx: Tx) => Promise<T>): Promise<T> {
    const tx = new DatabaseTx('write', runner, this.parts.dialect);
    let result: T;
    try {
      await runner.startTransaction();
      result = await this.#scoped(tx, work);
    } catch (error) {
      await this.#rollBack(runner);
      throw error;
    }
    try {
      await runner.commitTransaction();
    } catch (error) {
      await this.#rollBack(runner);
      throw isConflict(error) ? error : new CommitInDoubt(error);
    }
    for (const listener of this.#listeners) listener({ events: tx.events });
    return result;
  }

  async #scoped<T>(tx: DatabaseTx, work: (tx: Tx) => Promise<T>): Promise<T> {
    const scope = { active: true };
    try {
      return await this.#scope.run(scope, () => work(tx));
    } finally {
      scope.active = false;
      tx.end();
    }
  }

  async #rollBack(runner: QueryRunner): Promise<void> {
    if (!runner.isTransactionActive) return;
    try {
      await runner.rollbackTransaction();
    } catch {
      // The server rolls back when the connection ends; in the pool it must not be found again.
      await discardConnection(runner);
    }
  }
}

async function discardConnection(runner: QueryRunner): Promise<void> {
  try {
    const connection: unknown = await runner.connect();
    if (isDestroyable(connection)) connection.destroy();
  } catch {
    // There is no connection, so nothing is left to discard.
  }
}

function isDestroyable(connection: unknown): connection is { destroy: () => void } {
  return (
    typeof connection === 'object' &&
    connection !== null &&
    'destroy' in connection &&
    typeof connection.destroy === 'function'
  );
}
