import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { parseArgs } from 'node:util';
import type { Observation, Proposal } from '../engine/ports.js';
import type { EngineIncident } from '../runtime/engine-failure.js';
import { engineHost } from '../runtime/engine-host.js';
import { ENGINE_LIMITS } from '../runtime/engine-limits.js';
import { exportHelpFor } from '../runtime/foreign-formats.js';
import { GOLDEN_OBSERVATION } from '../runtime/golden-observation.js';
import type { EngineArtifact, Inspection } from '../runtime/ports.js';
import { warmUp } from '../runtime/warm-up.js';

export interface EngineTest {
  readonly file: string;
  readonly manifest: string | null;
  readonly observation: string | null;
  readonly timeoutMs: number;
}

export interface EngineTestReport {
  readonly inspection: Inspection;
  readonly proposal: Proposal;
  /** Of the start of its process with a first answer, and of the slowest of those that follow. */
  readonly startMs: number;
  readonly slowestMs: number;
}

const REPEATS = 20;
const TIMEOUT_MS = 1_000;

export const USAGE = `usage: npm run engine-test -- FILE.js|FILE.onnx [--manifest FILE.json] [--observation FILE.json] [--timeout MS]

Does with an engine what an upload does: looks at the file, runs it in a process of its own on the golden observation, then
asks it about an observation (yours, as JSON, or the golden one) and prints its proposal, its times and the limits.

  --manifest FILE      of a model; by default the .json beside it
  --observation FILE   what the engine sees: an observation, or the answer of GET /api/decisions/<id>?inputs=true
  --timeout MS         for one answer, once it has started (default: ${String(TIMEOUT_MS)})

Exit code: 0 it would be taken, 1 it is refused or fails, 64 usage.
`;

/** Null when the arguments make no sense. */
export function parseArguments(args: readonly string[]): EngineTest | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { manifest: { type: 'string' }, observation: { type: 'string' }, timeout: { type: 'string' } },
    });
    const [file] = positionals;
    const timeoutMs = Number(values.timeout ?? TIMEOUT_MS);
    if (file === undefined || positionals.length > 1 || !(timeoutMs > 0)) return null;
    const beside = extname(file) === '.onnx' ? file.replace(/\.onnx$/, '.json') : null;
    return { file, manifest: values.manifest ?? beside, observation: values.observation ?? null, timeoutMs };
  } catch {
    return null;
  }
}

/** @throws AppError when the engine is refused or fails, Error when a file cannot be read */
export async function testEngine(
  { file, manifest, observation, timeoutMs }: EngineTest,
  onIncident: (incident: EngineIncident) => void,
): Promise<EngineTestReport> {
  const artifact = await artifactOf(file, manifest);
  const seen =
    observation === null
      ? GOLDEN_OBSERVATION
      : observationIn(JSON.parse(await readFile(observation, 'utf8')), observation);
  const host = engineHost({ onIncident });
  try {
    const inspection = await host.inspect(artifact);
    const runner = host.open({ ...artifact, name: inspection.name, version: inspection.version });
    const startedAtMs = performance.now();
    await warmUp(runner);
    const startMs = performance.now() - startedAtMs;
    const timesMs: number[] = [];
    let proposal: Proposal | null = null;
    for (let index = 0; index < REPEATS; index += 1) {
      const askedAtMs = performance.now();
      proposal = await runner.propose(seen, timeoutMs);
      timesMs.push(performance.now() - askedAtMs);
    }
    if (proposal === null) throw new Error('the engine was not asked');
    return { inspection, proposal, startMs, slowestMs: Math.max(...timesMs) };
  } finally {
    await host.close();
  }
}

/** Alone, or in a stored decision as the API answers it. */
function observationIn(content: unknown, file: string): Observation {
  for (const path of [[], ['observation'], ['inputs', 'observation']]) {
    const found = path.reduce<unknown>((value, key) => (isObject(value) ? value[key] : undefined), content);
    // What is in it is the service's own; whoever edits it sees what the engine makes of that.
    if (isObject(found) && Array.isArray(found['pools'])) return { ...GOLDEN_OBSERVATION, ...found };
  }
  throw new Error(`${file} is no observation: it has no list of pools, nor has its inputs.observation`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function artifactOf(file: string, manifest: string | null): Promise<EngineArtifact> {
  const help = exportHelpFor(basename(file));
  if (help !== null) throw new Error(help);
  const content = await readFile(file);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const kind = extname(file) === '.onnx' ? 'onnx' : 'javascript';
  const text = kind === 'onnx' && manifest !== null ? await readFile(manifest, 'utf8') : null;
  return { engineId: 'test', kind, name: basename(file), version: '0', sha256, content, manifest: text };
}

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const usd = (value: number | null): string => (value === null ? '-' : value.toFixed(4));

/** For a person at a terminal. */
export function describeReport({ inspection, proposal, startMs, slowestMs }: EngineTestReport): string {
  const { scriptMemoryMb, scriptHeapMb, modelMemoryMb, maxAnswerBytes } = ENGINE_LIMITS;
  const target = proposal.target === null ? '-' : `${proposal.target.mode} ${proposal.target.poolId}`;
  const standby = proposal.standby === null ? '-' : `${proposal.standby.mode} ${proposal.standby.poolId}`;
  return [
    `engine      ${inspection.name} ${inspection.version}`,
    ...Object.entries(inspection.details).map(
      ([name, value]) => `  ${name.padEnd(10)}${JSON.stringify(value)}`,
    ),
    `proposal    ${proposal.action}`,
    `  target    ${target}`,
    `  standby   ${standby}`,
    `  reason    ${proposal.reason}`,
    `  saving    ${usd(proposal.expectedSavingsUsdPerHour)} USD/h net, confidence ${proposal.confidence.toFixed(2)}`,
    `candidates  ${'place'.padEnd(34)}${'USD/h'.padStart(9)}${'risk'.padStart(7)}${'score'.padStart(9)}  rejected because`,
    ...proposal.candidates.map(
      ({ mode, poolId, usdPerHour, risk, scoreUsdPerHour, rejectedBecause }) =>
        `            ${(mode === 'spot' ? poolId : `on demand (${poolId})`).padEnd(34)}${usd(usdPerHour).padStart(9)}` +
        `${risk.toFixed(2).padStart(7)}${usd(scoreUsdPerHour).padStart(9)}  ${rejectedBecause.join(', ')}`,
    ),
    `time        ${ms(startMs)} with the start of its process, then at most ${ms(slowestMs)} in ${String(REPEATS)} answers`,
    `limits      script ${String(scriptHeapMb)} MB (process ${String(scriptMemoryMb)} MB), model ${String(modelMemoryMb)} MB ` +
      `and four times its file, answer ${String(maxAnswerBytes / 1024)} KiB`,
    'accepted',
    '',
  ].join('\n');
}
