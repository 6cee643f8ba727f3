import { spawn } from 'node:child_process';
import { access, rm, writeFile } from 'node:fs/promises';
import { findProgram } from './server-process.js';

const POLICY = '/usr/sbin/policy-rc.d';

export async function canInstallPackages(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findProgram('apt-get')) !== undefined;
}

/**
 * Installs Debian packages without letting them start their services.
 * @throws with the end of apt's output
 */
export async function installPackages(packages: readonly string[], signal?: AbortSignal): Promise<void> {
  const hadPolicy = await exists(POLICY);
  if (!hadPolicy) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await apt(['update', '-q'], signal);
    await apt(['install', '-y', '-q', '--no-install-recommends', ...packages], signal);
  } finally {
    if (!hadPolicy) await rm(POLICY, { force: true });
  }
}

function apt(args: readonly string[], signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-get', args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15 * 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-2_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(`apt-get ${args[0] ?? ''} failed: ${output.trim().split('\n').slice(-4).join(' | ')}`),
        );
    });
  });
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
