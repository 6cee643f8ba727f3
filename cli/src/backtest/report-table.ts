import type { BacktestReport, BacktestTableRow } from '@spotopt/contracts/http';

type Cell = (row: BacktestTableRow) => string;

const shown = (value: number | null, format: (value: number) => string): string =>
  value === null ? '-' : format(value);
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
const whole = (value: number): string => String(value);

const COLUMNS: readonly (readonly [string, Cell])[] = [
  ['engine', ({ engine }) => engine],
  ['role', ({ role }) => role],
  ['cost USD', ({ cost_usd }) => shown(cost_usd, (usd) => usd.toFixed(2))],
  ['of on-demand', ({ cost_ratio }) => shown(cost_ratio, (ratio) => `${(ratio * 100).toFixed(1)} %`)],
  ['availability', ({ availability }) => shown(availability, (share) => `${(share * 100).toFixed(4)} %`)],
  ['downtime', ({ downtime_seconds }) => shown(downtime_seconds, (seconds) => `${String(seconds)} s`)],
  ['switches', ({ switches }) => shown(switches, whole)],
  ['lost', ({ interruptions }) => shown(interruptions, whole)],
  ['survived', ({ survived }) => shown(survived, whole)],
  ['score', ({ score }) => shown(score, (value) => value.toFixed(4))],
  ['to live', ({ score_to_live }) => shown(score_to_live, signed)],
  ['to optimum', ({ score_to_optimum }) => shown(score_to_optimum, signed)],
];
/** Texts stand on the left, figures on the right. */
const TEXT_COLUMNS = 2;

/** What was replayed, and a row for each engine, the best score first. */
export function reportText(report: BacktestReport): string {
  const rows = report.table.toSorted((a, b) => (a.score ?? Infinity) - (b.score ?? Infinity));
  const cells = [COLUMNS.map(([title]) => title), ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) =>
        column < TEXT_COLUMNS ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  return [headline(report), '', ...lines, '', ...remarks(report), ''].join('\n');
}

function headline(report: BacktestReport): string {
  const { from, to, steps, step_seconds, pools, source } = report;
  const days = (steps * step_seconds) / 86_400;
  return (
    `${String(pools.length)} pools, ${from.slice(0, 16).replace('T', ' ')} to ${to.slice(0, 16).replace('T', ' ')} ` +
    `(${days.toFixed(1)} days, every ${String(step_seconds)} s, ${source} prices); on-demand: ` +
    `$${String(report.on_demand_usd_per_hour)}/h, $${report.on_demand_cost_usd.toFixed(2)} in all`
  );
}

function remarks(report: BacktestReport): string[] {
  const faults = report.table.flatMap(({ engine, faults: count, message }) =>
    message === null
      ? count === 0
        ? []
        : [`${engine}: ${String(count)} late or wrong answers, in which everything stayed as it was`]
      : [`${engine}: ${message}`],
  );
  return [
    `A minute of downtime counts as $${report.downtime_usd_per_minute.toFixed(4)}; the score is cost and downtime in ` +
      'hours on demand per hour, lower is better.',
    ...faults,
    ...report.notes.map((note) => `Note: ${note}.`),
  ];
}
