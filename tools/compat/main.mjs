import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { ROOT, inRoot } from '../bootstrap/paths.mjs';
import { incompatibilities } from './incompatibilities.mjs';

const FOLDER = 'packages/contracts/schemas';

function git(...args) {
  const { status, stdout } = spawnSync('git', args, {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** What others build on: the last release, else where this branch left the main one, else the last commit. */
function baseCommit() {
  return (
    process.env.SPOTOPT_COMPAT_BASE ??
    git('describe', '--tags', '--abbrev=0', '--match', 'v*') ??
    git('merge-base', 'HEAD', 'origin/HEAD') ??
    git('rev-parse', 'HEAD')
  );
}

function problemsOf(base, path) {
  if (!existsSync(inRoot(path))) return [`${path}: the event version was removed`];
  const before = JSON.parse(git('show', `${base}:${path}`));
  return incompatibilities(before, JSON.parse(readFileSync(inRoot(path), 'utf8'))).map(
    (text) => `${path}: ${text}`,
  );
}

const base = baseCommit();
if (base === undefined) {
  console.log('no git history: nothing to compare with');
} else {
  const paths = (git('ls-tree', '--name-only', base, `${FOLDER}/`) ?? '')
    .split('\n')
    .filter((path) => path !== '');
  const problems = paths.flatMap((path) => problemsOf(base, path));
  for (const problem of problems) console.log(problem);
  if (problems.length > 0)
    console.log(`compared with ${base}: an incompatible change needs a new version of the event`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
