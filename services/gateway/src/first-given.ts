/** The first value that is neither absent nor null: agents and documents name one thing in several ways. */
export function firstGiven<T>(...values: readonly (T | null | undefined)[]): T | null {
  return values.find((value) => value !== null && value !== undefined) ?? null;
}
