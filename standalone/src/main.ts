import { isAppError, PeriodicTask, SystemClock } from '@spotopt/kernel';
import { type Flags, readFlags } from './flags.js';
import { StatusDisplay, statusLine } from './status-line.js';
import { type RunningSystem, startSystem } from './system.js';

const STATUS_MS = 1_000;
const STATUS_WITHOUT_TERMINAL_MS = 10_000;
const REAL_TIME = new SystemClock();

function introduce(system: RunningSystem, flags: Flags): void {
  const { simulator, gatewayUrl } = system;
  const reads = flags.openReads ? 'reads from this machine need no token' : 'every request needs a token';
  process.stdout.write(
    [
      'Spot Optimizer, standalone: a simulated region and fleet. Nothing real is touched; not for production.',
      `  gateway    ${gatewayUrl}/api/admin/stats   (${reads})`,
      `  API        ${gatewayUrl}/api/openapi.json`,
      `  events     ${gatewayUrl}/api/events/stream`,
      `  health     ${gatewayUrl}/health/ready, ${gatewayUrl}/metrics`,
      `  AWS        ${simulator.endpoint}   (${simulator.region.name}; EC2, SQS, STS; state under /_sim/state)`,
      `  metadata   ${simulator.metadataBaseUrl}/<instance id>/latest`,
      `  data       ${flags.dataPath}   (tokens in secrets.json; --reset starts over)`,
      `  admin      ${system.adminToken}`,
      `  client     ${system.clientToken}   (tenant "demo", ${system.clientId})`,
      `  time       ${system.clock.now().toISOString()}, ${String(flags.speed)} s per second; Ctrl-C ends`,
      `ready ${gatewayUrl}`,
      '',
    ].join('\n'),
  );
}

/** Resolves at Ctrl-C, at SIGTERM, or when the wanted simulated time has passed. */
async function untilEnd(system: RunningSystem, flags: Flags): Promise<void> {
  const ended = new AbortController();
  const end = (): void => {
    ended.abort();
  };
  // Not `once`: a terminal and npm may both send the same Ctrl-C, and the second must not cut the end short.
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  if (flags.stopAfterMs !== undefined) void system.clock.sleep(flags.stopAfterMs, ended.signal).then(end);
  const display = new StatusDisplay(process.stdout, STATUS_WITHOUT_TERMINAL_MS);
  const status = new PeriodicTask(
    REAL_TIME,
    {
      name: 'status',
      intervalMs: STATUS_MS,
      onError: (error) => {
        display.show(`status not available: ${messageOf(error)}`, REAL_TIME.nowMs());
      },
    },
    async () => {
      display.show(await statusLine(system), REAL_TIME.nowMs());
    },
  ).start();
  await new Promise<void>((resolve) => {
    ended.signal.addEventListener('abort', () => {
      resolve();
    });
  });
  await status.stop();
  display.end();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The simulator and the web server of the gateway say it differently. */
function portInUse(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null;
  if (error.code === 'EADDRINUSE' && 'port' in error) return String(error.port);
  return isAppError(error) && error.code === 'port-in-use' ? String(error.details['port']) : null;
}

async function run(): Promise<void> {
  // npm runs scripts in the project's folder; paths on the command line are meant from where the caller is.
  const flags = readFlags(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd());
  const system = await startSystem(flags);
  introduce(system, flags);
  await untilEnd(system, flags);
  process.stdout.write('stopping\n');
  await system.stop();
  process.stdout.write('stopped; start again to go on from here\n');
}

try {
  await run();
} catch (error) {
  const port = portInUse(error);
  const known = port !== null || (isAppError(error) && error.kind !== 'bug');
  const message =
    port === null
      ? messageOf(error)
      : `port ${port} is in use by another program: stop that one, or choose others with --port, --aws-port and --metadata-port`;
  process.stderr.write(`spot-optimizer: ${message}\n`);
  if (!known && error instanceof Error) process.stderr.write(`${error.stack ?? ''}\n`);
  process.exitCode = 1;
}
