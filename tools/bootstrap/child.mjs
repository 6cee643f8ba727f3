import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { ROOT } from './paths.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SAME_KEYSTROKE_MS = 500;
const PARENT_POLL_MS = 500;

/** Started by npm, this process must not outlive it: a killed npm says nothing to its children. */
function watchNpm(onGone) {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  const npm = process.ppid;
  return setInterval(() => {
    if (process.ppid !== npm) onGone();
  }, PARENT_POLL_MS).unref();
}

/**
 * Hands signals on to a child. A terminal sends Ctrl-C to every process of the foreground group by itself,
 * and npm sends on what it gets, so that one keystroke may arrive more than once: only the first counts.
 */
function forwardSignals(child) {
  const lastAtMs = new Map();
  const forward = (signal) => {
    const nowMs = Date.now();
    const repeated = nowMs - (lastAtMs.get(signal) ?? 0) < SAME_KEYSTROKE_MS;
    lastAtMs.set(signal, nowMs);
    const sentByTerminal = signal === 'SIGINT' && process.stdin.isTTY === true;
    if (!repeated && !sentByTerminal) child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  const watch = watchNpm(() => forward('SIGTERM'));
  return () => {
    clearInterval(watch);
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}

function exitCodeOf(code, signal) {
  return signal === null ? (code ?? 1) : 128 + (constants.signals[signal] ?? 0);
}

/**
 * Runs a program until it ends and answers its exit code. The caller stays alive over Ctrl-C, so that
 * nothing of the program is left behind. When `signal` is aborted the program is asked to end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{
 *   env?: Record<string, string | undefined>,
 *   stdio?: import('node:child_process').StdioOptions,
 *   signal?: AbortSignal,
 * }} [options]
 * @returns {Promise<number>}
 */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: options.stdio ?? 'inherit',
    });
    const stopForwarding = forwardSignals(child);
    options.signal?.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      stopForwarding();
      resolve(exitCodeOf(code, signal));
    });
  });
}

/**
 * Like `runChild`, but keeps what the program writes.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function captureChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stopForwarding = forwardSignals(child);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('close', (code, signal) => {
      stopForwarding();
      resolve({ code: exitCodeOf(code, signal), output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}
