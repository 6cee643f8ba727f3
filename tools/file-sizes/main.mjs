import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { workspaceFolders } from '../bootstrap/build.mjs';
import { inRoot } from '../bootstrap/paths.mjs';

/** Many tiny files hide a program as well as one huge file does. */
const SMALL_LINES = 15;
const MOST_SMALL = 0.1;
const EXCUSED = /(^(main|index)|\.module|\.spec|\.contract)\.ts$/;

const files = workspaceFolders()
  .flatMap((folder) =>
    readdirSync(inRoot(folder, 'src'), { recursive: true }).map((file) => inRoot(folder, 'src', file)),
  )
  .filter((file) => file.endsWith('.ts') && !EXCUSED.test(basename(file)) && !file.includes('/migrations/'));
const small = files.filter((file) => readFileSync(file, 'utf8').split('\n').length - 1 < SMALL_LINES);

if (small.length > files.length * MOST_SMALL) {
  console.log(`${small.length} of ${files.length} source files have fewer than ${SMALL_LINES} lines:`);
  for (const file of small) console.log(file);
  process.exitCode = 1;
}
