import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { COLUMNS, COLUMNS_VERSION, dictionaryTable } from './columns.js';

const PAGE = new URL('../../../../docs/training-sets.md', import.meta.url);

/** Blanks that align a table on the page say nothing. */
const cellsOf = (lines: readonly string[]): string[][] =>
  lines.map((line) => line.split('|').map((cell) => cell.trim()));

describe('the data dictionary', () => {
  it('is on its page as the code has it', () => {
    const page = readFileSync(PAGE, 'utf8');
    const isRow = (line: string): boolean => /^\| `\w+` +\| (key|feature|label) /.test(line);
    const table = page.split('\n').filter(isRow);
    const wanted = dictionaryTable().split('\n').filter(isRow);
    expect(wanted).toHaveLength(COLUMNS.length);
    expect(cellsOf(table)).toEqual(cellsOf(wanted));
  });

  it('has another version when it says something else', () => {
    const facts = COLUMNS.map(({ of: _of, ...rest }) => rest);
    const hash = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16);
    expect({ version: COLUMNS_VERSION, hash }).toEqual({ version: 1, hash: '998de000cdc8083c' });
  });

  it('names each column once', () => {
    expect(new Set(COLUMNS.map(({ name }) => name)).size).toBe(COLUMNS.length);
  });
});
