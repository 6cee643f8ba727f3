/** What has to go and what has to come so that the stored rows are the wanted ones. A row that changed does both. */
export function differenceBetween<Row>(
  stored: readonly Row[],
  wanted: readonly Row[],
  by: { readonly keyOf: (row: Row) => string | number; readonly isSame: (a: Row, b: Row) => boolean },
): { removed: Row[]; added: Row[] } {
  const rest = new Map(stored.map((row) => [by.keyOf(row), row]));
  const added = wanted.filter((row) => {
    const known = rest.get(by.keyOf(row));
    if (known === undefined || !by.isSame(known, row)) return true;
    rest.delete(by.keyOf(row));
    return false;
  });
  return { removed: [...rest.values()], added };
}
