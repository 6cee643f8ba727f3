import { type EngineArtifact, engineHost, type Observation } from '@spotopt/decision';
import type { BenchContext } from '../bench.js';
import { quantileOf, timed } from '../median.js';
import { EchoProcess } from './echo-process.js';
import { marketOf200 } from './market.js';
import { measureNeighbours } from './neighbours.js';
import { modelEngine, scriptEngine } from './sample-engines.js';

const ANSWERS = 1_000;
const WARM_UP = 50;
const TIMEOUT_MS = 5_000;
/** As the engines' processes have it. */
const NICENESS = 10;
const BYTES_PER_FLOAT = 4;

/** Uploaded engines beside a bare process that is sent as many bytes, then what hostile ones cost the others. */
export async function measureEngines(context: BenchContext): Promise<void> {
  const market = marketOf200();
  const text = Buffer.from(JSON.stringify(market));
  const rows = Buffer.alloc(market.pools.length * 8 * BYTES_PER_FLOAT);
  await measureAnswers(context, { what: 'model', artifact: modelEngine(), market, payload: rows });
  await measureAnswers(context, { what: 'script', artifact: scriptEngine(), market, payload: text });
  await measureNeighbours(context, market);
}

interface Asked {
  readonly what: 'model' | 'script';
  readonly artifact: EngineArtifact;
  readonly market: Observation;
  /** As many bytes as are sent to the engine. */
  readonly payload: Uint8Array;
}

async function measureAnswers(
  context: BenchContext,
  { what, artifact, market, payload }: Asked,
): Promise<void> {
  const host = engineHost();
  const echo = new EchoProcess(NICENESS);
  try {
    const runner = host.open(artifact);
    const startMs = await timed(() => runner.propose(market, TIMEOUT_MS));
    context.tell(`${what}: first answer after ${startMs.toFixed(0)} ms`);
    const [answers, echoes]: [number[], number[]] = [[], []];
    for (let index = -WARM_UP; index < ANSWERS; index += 1) {
      context.signal.throwIfAborted();
      const answerMs = await timed(() => runner.propose(market, TIMEOUT_MS));
      const echoMs = await timed(() => echo.send(payload));
      if (index < 0) continue;
      answers.push(answerMs);
      echoes.push(echoMs);
    }
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
    ] as const) {
      const [value, reference] = [quantileOf(answers, share), quantileOf(echoes, share)];
      context.report({ name: `engines.${what}-${name}`, value, unit: 'ms', reference });
    }
  } finally {
    echo.close();
    await host.close();
  }
}
