import { monotonicFactory } from 'ulid';

/** Source of new identifiers: 26-character ULIDs that sort by creation time. */
export abstract class Ids {
  abstract next(): string;
}

export class UlidIds extends Ids {
  readonly #next = monotonicFactory();

  override next(): string {
    return this.#next();
  }
}
