import { stringify } from 'csv-stringify/sync';

export type Cell = string | number | null;

/** Signs with which a spreadsheet takes a text for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

function safe(cell: Cell): Cell {
  return typeof cell === 'string' && FORMULA.test(cell) ? `'${cell}` : cell;
}

/** Lines of CSV; a text that looks like a formula is made a text for a spreadsheet as well. */
export function csvLines(rows: readonly (readonly Cell[])[]): string {
  return rows.length === 0 ? '' : stringify(rows.map((row) => row.map(safe)));
}
