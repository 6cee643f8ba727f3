import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runChild } from './child.mjs';
import { ROOT, inRoot } from './paths.mjs';
import { UserError, progress, secondsSince } from './progress.mjs';

const PINNED_NODE = inRoot('node_modules', 'node', 'bin', 'node');

function packagesOf(lockPath) {
  return JSON.parse(readFileSync(lockPath, 'utf8')).packages ?? {};
}

/**
 * Why the installed packages are not those of the lock file; null when they are. npm keeps a copy of what
 * it installed, which is compared; packages for other platforms are not installed, rightly.
 * @param {string} lockPath
 * @param {string} installedPath
 * @returns {string | null}
 */
export function installProblem(lockPath, installedPath) {
  if (!existsSync(installedPath)) return 'dependencies are not installed';
  const installed = packagesOf(installedPath);
  for (const [path, wanted] of Object.entries(packagesOf(lockPath))) {
    if (path === '' || wanted.link === true || !path.includes('node_modules/')) continue;
    const found = installed[path];
    if (found === undefined && (wanted.optional === true || wanted.peer === true)) continue;
    if (found === undefined) return `${path} is not installed`;
    if (found.version !== wanted.version) return `${path} is ${found.version}, not ${wanted.version}`;
  }
  return null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Node outside this project: `npm ci` removes the one inside while it runs. */
function outerNode() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const outer = folders.find((folder) => !folder.startsWith(ROOT) && isExecutable(join(folder, 'node')));
  return outer === undefined ? process.execPath : join(outer, 'node');
}

async function npmCi() {
  const npmScript = process.env.npm_execpath;
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { stdio: ['ignore', process.stderr, process.stderr] };
  if (npmScript !== undefined && /npm-cli\.[cm]?js$/.test(npmScript)) {
    return runChild(outerNode(), [npmScript, ...args], options);
  }
  return runChild('npm', args, options);
}

/** Installs exactly what the lock file says when it is not there yet. */
export async function ensureInstalled() {
  const check = () =>
    installProblem(inRoot('package-lock.json'), inRoot('node_modules', '.package-lock.json'));
  const problem = isExecutable(PINNED_NODE) ? check() : (check() ?? 'the pinned Node is not installed');
  if (problem === null) return;
  const startedAt = performance.now();
  progress(`installing dependencies (${problem}), this takes a minute or two …`);
  const code = await npmCi();
  if (code !== 0) {
    throw new UserError(`npm ci failed with exit code ${code}; its own message above says why.`);
  }
  progress(`installed in ${secondsSince(startedAt)}`);
}

/** The Node that everything runs on: the pinned one, else this one when it is new enough. */
export function projectNode() {
  if (isExecutable(PINNED_NODE)) return PINNED_NODE;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new UserError(
    'The pinned Node 24 is missing: its install script did not run. ' +
      'Allow install scripts (npm config set ignore-scripts false) and run npm ci, or use Node 24.',
  );
}
