import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inRoot } from '../bootstrap/paths.mjs';
import { SCHEMA_FOLDER, generatedFiles } from './outputs.mjs';

/** `--check` writes nothing and fails when a file is not what it would be. */
const check = process.argv.includes('--check');

const files = await generatedFiles();
const present = existsSync(inRoot(SCHEMA_FOLDER)) ? readdirSync(inRoot(SCHEMA_FOLDER)) : [];
const left = present.map((name) => `${SCHEMA_FOLDER}/${name}`).filter((path) => !files.has(path));
const stale = [...files].filter(
  ([path, text]) => !existsSync(inRoot(path)) || readFileSync(inRoot(path), 'utf8') !== text,
);

if (check) {
  for (const [path] of stale) console.log(`${path} is not up to date`);
  for (const path of left) console.log(`${path} belongs to no event`);
  if (stale.length + left.length > 0) console.log('run: npm run generate');
  process.exitCode = stale.length + left.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(inRoot(path)), { recursive: true });
    writeFileSync(inRoot(path), text);
    console.log(`wrote ${path}`);
  }
  for (const path of left) rmSync(inRoot(path));
  console.log(`${files.size} files, ${stale.length} changed`);
}
