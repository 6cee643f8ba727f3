import type { ScenarioResult } from './scenario.js';

/** A result as people read it: what happened when, what had to hold, what was measured. */
export function printResult(result: ScenarioResult): string {
  const timeline = result.timeline
    .filter(({ atMs }) => atMs >= 0)
    .map(({ atMs, event, subject }) => `  ${at(atMs)}  ${event.padEnd(34)} ${subject}`);
  const invariants = result.invariants.map(
    ({ id, holds, detail }) => `  ${holds ? 'ok    ' : 'BROKEN'} ${id.padEnd(36)} ${detail}`,
  );
  const figures = Object.entries(result.figures).map(
    ([name, value]) => `  ${name.padEnd(28)} ${String(value)}`,
  );
  return [
    `${result.name} (${result.mode})`,
    '',
    ...timeline,
    '',
    'invariants',
    ...invariants,
    '',
    'figures',
    ...figures,
    '',
    `verdict: ${result.verdict}`,
    '',
  ].join('\n');
}

function at(ms: number): string {
  const seconds = ms / 1000;
  const minutes = Math.floor(seconds / 60);
  return `T+${String(minutes).padStart(2, '0')}:${(seconds - minutes * 60).toFixed(1).padStart(4, '0')}`;
}
