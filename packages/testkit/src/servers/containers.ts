import { setTimeout as delay } from 'node:timers/promises';
import type { CleanUp } from './clean-up.js';
import type { ServerSpec } from './server-kinds.js';

const DAEMON_TIMEOUT_MS = 5_000;
/** Pulling an image included; where that takes longer, an installed server is the better choice. */
const START_TIMEOUT_MS = 150_000;

interface Limits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

async function within<T>({ timeoutMs, signal }: Limits, what: string, work: Promise<T>): Promise<T> {
  const finished = new AbortController();
  const either = AbortSignal.any([finished.signal, signal]);
  const overdue = delay(timeoutMs, undefined, { signal: either }).then(() => {
    throw new Error(`${what} took longer than ${String(timeoutMs / 1000)} s`);
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    finished.abort();
    overdue.catch(() => undefined);
  }
}

/** Whether a container daemon answers. @throws when none does */
export async function requireContainerDaemon(signal: AbortSignal): Promise<void> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  await within(
    { timeoutMs: DAEMON_TIMEOUT_MS, signal },
    'finding a container daemon',
    getContainerRuntimeClient(),
  );
}

/** Starts the server's image and waits until it can be used. */
export async function startContainer(
  spec: ServerSpec,
  { cleanUp, signal }: { readonly cleanUp: CleanUp; readonly signal: AbortSignal },
): Promise<{ readonly url: string; readonly version: string }> {
  // The containers are stopped here; the extra one that would watch over them is one more image to pull.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const { GenericContainer, Wait } = await import('testcontainers');
  const starting = new GenericContainer(spec.image)
    .withEnvironment({ ...spec.containerEnvironment })
    .withExposedPorts(spec.containerPort)
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(START_TIMEOUT_MS)
    .start();
  cleanUp.add(async () => {
    // One that never started has nothing to stop.
    const container = await starting.catch(() => undefined);
    await container?.stop();
  });
  const container = await within({ timeoutMs: START_TIMEOUT_MS, signal }, `starting ${spec.image}`, starting);
  const url = spec.containerUrl(container.getHost(), container.getMappedPort(spec.containerPort));
  return { url, version: await probeUntilReady(() => spec.probe(url), signal) };
}

/** An image may listen before its server takes logins. */
async function probeUntilReady(probe: () => Promise<string>, signal: AbortSignal): Promise<string> {
  const giveUpAtMs = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > giveUpAtMs) throw error;
    }
    await delay(250);
  }
}
