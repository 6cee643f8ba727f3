/** Hours since a pool came up from which it is in the next class; in the first one before. */
const UP_FROM_HOURS = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4.5, 6, 9, 12, 18, 24, 36];
/** Hours since it went away; these classes come after those of the pools that are up. */
const AWAY_FROM_HOURS = [0.25, 1, 3, 8];
/** What is taken for the age at the first step, of which nothing is known. */
const FIRST_HOURS = { up: 6, away: 1 };

const UP_CLASSES = UP_FROM_HOURS.length + 1;
export const AGE_CLASSES = UP_CLASSES + AWAY_FROM_HOURS.length + 1;

export const isUpClass = (ageClass: number): boolean => ageClass < UP_CLASSES;

/** Follows one pool from step to step. */
export class AgeClock {
  #wasUp: boolean | null = null;
  #hours = 0;

  constructor(private readonly stepHours: number) {}

  /** The class of the next step. */
  next(isUp: boolean): number {
    if (this.#wasUp === null) this.#hours = isUp ? FIRST_HOURS.up : FIRST_HOURS.away;
    else this.#hours = isUp === this.#wasUp ? this.#hours + this.stepHours : 0;
    this.#wasUp = isUp;
    const reached = (isUp ? UP_FROM_HOURS : AWAY_FROM_HOURS).filter((hours) => this.#hours >= hours).length;
    return isUp ? reached : UP_CLASSES + reached;
  }
}

/** The class of every step. */
export function ageClassesOf(available: Uint8Array, stepHours: number): Uint8Array {
  const clock = new AgeClock(stepHours);
  return available.map((isUp) => clock.next(isUp === 1));
}
