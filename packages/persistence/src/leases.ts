import { performance } from 'node:perf_hooks';
import { AppError, type Tx, type UnitOfWork } from '@spotopt/kernel';
import type { Dialect } from './dialect.js';
import { changeRows, selectRows, withoutDuplicate } from './transaction.js';

export interface LeaseParts {
  readonly uow: UnitOfWork;
  readonly dialect: Dialect;
  /** Names this process among those that compete. */
  readonly holder: string;
}

/**
 * The right to do something alone, until it expires. Whoever holds it may be paused and wake up after
 * that: what must not happen then is guarded by `guard` in the transaction that does it.
 */
export class Lease {
  #validUntilMs: number;

  constructor(
    private readonly parts: LeaseParts,
    readonly name: string,
    /** Rises with every change of holder. */
    readonly epoch: number,
    readonly ttlMs: number,
    askedAtMs: number,
  ) {
    this.#validUntilMs = askedAtMs + ttlMs;
  }

  /** False from the moment at which somebody else may have got it, by this process's own monotonic time. */
  isValid(): boolean {
    return performance.now() < this.#validUntilMs;
  }

  /** Holds it for another `ttlMs`; false when somebody else has it by now. */
  async renew(): Promise<boolean> {
    const askedAtMs = performance.now();
    const { uow, dialect, holder } = this.parts;
    const renewed = await uow.run((tx) =>
      changeRows(
        tx,
        `UPDATE lease SET expires_at = ${dialect.after(this.ttlMs)} WHERE name = ? AND holder = ? AND epoch = ?`,
        [this.name, holder, this.epoch],
      ),
    );
    this.#validUntilMs = renewed === 1 ? askedAtMs + this.ttlMs : 0;
    return renewed === 1;
  }

  /** Lets the next one have it at once. */
  async release(): Promise<void> {
    this.#validUntilMs = 0;
    const { uow, dialect, holder } = this.parts;
    await uow.run((tx) =>
      changeRows(
        tx,
        `UPDATE lease SET expires_at = ${dialect.after(-1)} WHERE name = ? AND holder = ? AND epoch = ?`,
        [this.name, holder, this.epoch],
      ),
    );
  }

  /**
   * Makes the transaction fail unless the lease is still this one; nobody can take it before the
   * transaction ends.
   * @throws AppError `lease-lost` (transient)
   */
  async guard(tx: Tx): Promise<void> {
    const rows = await selectRows<{ epoch: number | string }>(
      tx,
      `SELECT epoch FROM lease WHERE name = ?${this.parts.dialect.forShare}`,
      [this.name],
    );
    if (Number(rows[0]?.epoch) === this.epoch) return;
    throw AppError.transient('lease-lost', `the lease ${this.name} has a new holder`, {
      details: { name: this.name, epoch: this.epoch },
    });
  }
}

/**
 * Leases as rows, timed by the database's own clock, which all competitors share. On SQLite there is only
 * one process (its file is locked), so that one never waits for the lease of a predecessor that was killed.
 */
export class Leases {
  constructor(private readonly parts: LeaseParts) {}

  /** The lease with a new epoch, or null while another process holds it. `ttlMs` is real time. */
  async acquire(name: string, ttlMs: number): Promise<Lease | null> {
    const askedAtMs = performance.now();
    const epoch = await this.parts.uow.run((tx) => this.#take(tx, name, ttlMs));
    return epoch === null ? null : new Lease(this.parts, name, epoch, ttlMs, askedAtMs);
  }

  async #take(tx: Tx, name: string, ttlMs: number): Promise<number | null> {
    const { dialect, holder } = this.parts;
    const expiresAt = dialect.after(ttlMs);
    const free = dialect.kind === 'sqlite' ? '? IS NOT NULL' : `(expires_at < ${dialect.now} OR holder = ?)`;
    const taken = await changeRows(
      tx,
      `UPDATE lease SET holder = ?, epoch = epoch + 1, expires_at = ${expiresAt} WHERE name = ? AND ${free}`,
      [holder, name, holder],
    );
    if (taken === 1) {
      const rows = await selectRows<{ epoch: number | string }>(
        tx,
        'SELECT epoch FROM lease WHERE name = ?',
        [name],
      );
      return Number(rows[0]?.epoch);
    }
    const created = await withoutDuplicate(() =>
      changeRows(tx, `INSERT INTO lease (name, holder, epoch, expires_at) VALUES (?, ?, 1, ${expiresAt})`, [
        name,
        holder,
      ]),
    );
    return created ? 1 : null;
  }
}
