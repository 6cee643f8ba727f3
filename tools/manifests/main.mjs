import { readFileSync } from 'node:fs';
import { workspaceFolders } from '../bootstrap/build.mjs';
import { inRoot } from '../bootstrap/paths.mjs';
import { manifestProblems } from './manifest-problems.mjs';

const readJson = (...parts) => JSON.parse(readFileSync(inRoot(...parts), 'utf8'));

const manifests = new Map(
  ['', ...workspaceFolders()].map((folder) => [folder, readJson(folder, 'package.json')]),
);
const page = readFileSync(inRoot('docs', 'dependencies.md'), 'utf8');
const explained = new Set([...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name));

const problems = manifestProblems({ manifests, lock: readJson('package-lock.json'), explained });
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
