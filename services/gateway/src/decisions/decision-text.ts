import type { DecisionView } from '@spotopt/contracts';
import { placeOf, summaryOf } from './decision-wire.js';
import { meaningOf } from './decision-words.js';

const SHOWN_CANDIDATES = 10;
const SHOWN_ATTEMPTS = 3;

/** A decision on one screen of a terminal: at most 24 lines of 100 columns, apart from a long reason. */
export function decisionText(decision: DecisionView): string {
  const { engine, attempts, candidates } = decision;
  const failed = attempts.filter(({ failure }) => failure !== null).slice(0, SHOWN_ATTEMPTS);
  return [
    `Decision ${decision.decisionId} of ${decision.decidedAt}`,
    `Workload ${decision.agentId} ${summaryOf(decision)}.`,
    `Why      ${decision.reason}`,
    ...(decision.heldBackBy.length === 0
      ? []
      : [`Held     ${decision.heldBackBy.map(meaningOf).join('; ')}`]),
    ...savingLines(decision),
    `Standby  ${decision.standby === null ? 'none' : placeOf(decision.standby)}`,
    ...(decision.execution === null
      ? []
      : [`Switch   ${decision.execution.switchId} ${decision.execution.state}`]),
    `Engine   ${engine.name} ${engine.version}, confidence ${decision.confidence.toFixed(2)}`,
    ...failed.map(({ name, failure }) => `         ${name} failed: ${failure?.message ?? ''}`.slice(0, 100)),
    '',
    row(['PLACE', 'USD/H', 'SAVES', 'RISK', 'LOSS/H', 'DOWN s/H', 'ALL IN', 'VERDICT']),
    ...candidates
      .slice(0, SHOWN_CANDIDATES)
      .map((candidate) =>
        row([
          placeOf(candidate),
          figure(candidate.usdPerHour, 4),
          candidate.savingsPercent === null ? '-' : `${candidate.savingsPercent.toFixed(1)}%`,
          candidate.risk.toFixed(2),
          figure(candidate.lossPerHour, 3),
          figure(candidate.expectedDowntimeSecondsPerHour, 2),
          figure(candidate.scoreUsdPerHour, 4),
          candidate.rejectedBecause.length === 0 ? 'passes' : candidate.rejectedBecause.join(', '),
        ]),
      ),
    ...(candidates.length > SHOWN_CANDIDATES
      ? [`and ${String(candidates.length - SHOWN_CANDIDATES)} more`]
      : []),
    '',
  ].join('\n');
}

function savingLines({ expectedSaving: saving, estimated, target }: DecisionView): string[] {
  if (saving === null || target === null) return [];
  const oneOff = saving.doubleRunUsd + saving.transferUsd + saving.downtimeUsd;
  return [
    `Saves    ${saving.netUsdPerHour.toFixed(4)} USD/h net: ${saving.grossUsdPerHour.toFixed(4)} less ` +
      `${oneOff.toFixed(4)} USD once over ${saving.horizonHours.toFixed(1)} h${estimated ? ' (estimated)' : ''}`,
    `Once     double run ${saving.doubleRunUsd.toFixed(4)}, transfer ${saving.transferUsd.toFixed(4)}, ` +
      `downtime ${saving.downtimeUsd.toFixed(4)} USD`,
  ];
}

const WIDTHS = [28, 8, 7, 5, 7, 9, 8];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) =>
      index === 0 ? cell.padEnd(WIDTHS[0] ?? 0) : cell.padStart(WIDTHS[index] ?? cell.length + 1),
    )
    .join(' ')
    .trimEnd();
}

function figure(value: number | null, digits: number): string {
  return value === null ? '-' : value.toFixed(digits);
}
