import { AppError } from './app-error.js';

export type TransitionTable<State extends string> = Readonly<Record<State, readonly State[]>>;

/** A life cycle as data: which state may follow which. */
export class StateMachine<State extends string> {
  constructor(
    readonly name: string,
    readonly table: TransitionTable<State>,
  ) {}

  allows(from: State, to: State): boolean {
    return this.table[from].includes(to);
  }

  /** @throws AppError `illegal-transition` (permanent) when `to` may not follow `from` */
  assert(from: State, to: State): void {
    if (!this.allows(from, to)) {
      throw AppError.permanent('illegal-transition', `${this.name} cannot go from ${from} to ${to}`, {
        details: { machine: this.name, from, to },
      });
    }
  }

  isFinal(state: State): boolean {
    return this.table[state].length === 0;
  }

  states(): State[] {
    return Object.keys(this.table) as State[];
  }
}
