import type { BacktestResult, BacktestRow } from '@spotopt/contracts';

const WIDTH = 960;
const MARGIN = { left: 92, right: 164, top: 62 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: 260 };
const LANE = 20;
/** Between the plot and the lanes: the labels of the time axis. */
const AXIS = 34;
const COST_TICKS = 4;
const TIME_TICKS = 5;
const LABEL_HEIGHT = 13;
/** Of the optimum and of staying on demand; the lines that nobody can choose are dotted. */
const REFERENCE = '#6b7280';
const GRID = '#e2e8f0';
const TEXT = '#334155';
const INTERRUPTION = '#b91c1c';
const COLOURS = [
  '#1d4ed8',
  '#c2410c',
  '#047857',
  '#7c3aed',
  '#be185d',
  '#0e7490',
  '#4d7c0f',
  '#854d0e',
  '#1e293b',
];
const DASHES = ['', '8 3', '3 3', '10 3 2 3', '1 3', '6 2 2 2', '12 4', '4 2', '2 6'];

interface Line {
  readonly name: string;
  readonly costUsd: readonly number[];
  readonly colour: string;
  readonly dash: string;
}

/** What each engine had cost up to a time, and below, when it changed its primary or lost it. */
export function backtestChartSvg(result: BacktestResult): string {
  const lines = linesOf(result);
  const topUsd = Math.max(...lines.map(({ costUsd }) => costUsd.at(-1) ?? 0), 1e-9) * 1.05;
  const y = (usd: number): number => MARGIN.top + PLOT.height * (1 - usd / topUsd);
  const height = MARGIN.top + PLOT.height + AXIS + LANE * result.rows.length + 34;
  const title = titleOf(result);
  const parts = [
    `<rect width="${String(WIDTH)}" height="${String(height)}" fill="#ffffff"/>`,
    text(MARGIN.left, 20, title, `fill="${TEXT}" font-weight="600" font-size="14"`),
    text(MARGIN.left, 40, 'cost so far in USD; | a change of primary, ▲ an interruption of the primary'),
    ...costGrid(topUsd, y),
    ...timeAxis(result.times),
    ...lines.map((line) => path(line, y)),
    ...labels(lines, y),
    ...result.rows.flatMap((row, index) => lane(row, index, result)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" ` +
    `aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="11">${parts.join('')}</svg>`
  );
}

function titleOf({ onDemand, poolIds, times }: BacktestResult): string {
  const day = (at: string | undefined): string => at?.slice(0, 10) ?? '';
  const pools = poolIds.length === 1 ? '1 pool' : `${String(poolIds.length)} pools`;
  return `${onDemand.instanceType}, ${pools}, ${day(times[0])} to ${day(times.at(-1))}`;
}

function linesOf({ rows, optimum, onDemand, times }: BacktestResult): Line[] {
  const last = Math.max(1, times.length - 1);
  const reference = { colour: REFERENCE, dash: '1 4' };
  const engines = rows.flatMap(({ engine, played }, index) =>
    played === null ? [] : [{ name: engine, costUsd: played.costUsd, ...styleOf(index) }],
  );
  const onDemandUsd = times.map((_, point) => (onDemand.costUsd * point) / last);
  const isPlayed = engines.some(({ name }) => name === 'on-demand');
  return [
    ...(isPlayed ? [] : [{ name: 'on-demand', costUsd: onDemandUsd, ...reference }]),
    { name: 'optimum', costUsd: optimum.costUsd, ...reference },
    ...engines,
  ];
}

function styleOf(index: number): Pick<Line, 'colour' | 'dash'> {
  return {
    colour: COLOURS[index % COLOURS.length] ?? TEXT,
    dash: DASHES[index % DASHES.length] ?? '',
  };
}

function x(share: number): number {
  return MARGIN.left + PLOT.width * share;
}

function path({ costUsd, colour, dash }: Line, y: (usd: number) => number): string {
  const last = Math.max(1, costUsd.length - 1);
  const points = costUsd.map((usd, point) => `${x(point / last).toFixed(1)} ${y(usd).toFixed(1)}`);
  const dashed = dash === '' ? '' : ` stroke-dasharray="${dash}"`;
  return `<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="2"${dashed}/>`;
}

/** At the ends of the lines, pushed apart where they would cover each other. */
function labels(lines: readonly Line[], y: (usd: number) => number): string[] {
  const wanted = lines
    .map((line) => ({ line, top: y(line.costUsd.at(-1) ?? 0) }))
    .sort((a, b) => a.top - b.top);
  let free = MARGIN.top;
  const placed = wanted.map(({ line, top }) => {
    const at = Math.max(top, free);
    free = at + LABEL_HEIGHT;
    return { line, top: at };
  });
  let limit = MARGIN.top + PLOT.height + 4;
  for (const label of placed.reverse()) {
    label.top = Math.min(label.top, limit);
    limit = label.top - LABEL_HEIGHT;
  }
  return placed.map(({ line, top }) => {
    const usd = (line.costUsd.at(-1) ?? 0).toFixed(2);
    return text(
      WIDTH - MARGIN.right + 6,
      top + 4,
      `${shortened(line.name)} $${usd}`,
      `fill="${line.colour}"`,
    );
  });
}

function lane(row: BacktestRow, index: number, { times }: BacktestResult): string[] {
  const fromMs = Date.parse(times[0] ?? '');
  const spanMs = Math.max(1, Date.parse(times.at(-1) ?? '') - fromMs);
  const middle = MARGIN.top + PLOT.height + AXIS + LANE * (index + 0.5);
  const { colour } = styleOf(index);
  const marks = row.marks.map(({ at, kind }) => {
    const left = x((Date.parse(at) - fromMs) / spanMs);
    return kind === 'switch'
      ? `<line x1="${left.toFixed(1)}" x2="${left.toFixed(1)}" y1="${String(middle - 6)}" y2="${String(middle + 6)}" stroke="${colour}" stroke-width="1.2"/>`
      : `<path d="M${left.toFixed(1)} ${String(middle - 5)}l4 8h-8z" fill="${INTERRUPTION}"/>`;
  });
  const summary =
    row.played === null
      ? 'not played to its end'
      : `score ${row.played.figures.score.toFixed(3)}, ${String(row.played.figures.switches)} switches`;
  return [
    `<line x1="${String(MARGIN.left)}" x2="${String(WIDTH - MARGIN.right)}" y1="${String(middle)}" y2="${String(middle)}" stroke="${GRID}"/>`,
    ...marks,
    text(MARGIN.left - 6, middle + 4, shortened(row.engine), `text-anchor="end" fill="${colour}"`),
    text(WIDTH - MARGIN.right + 6, middle + 4, summary),
  ];
}

function costGrid(topUsd: number, y: (usd: number) => number): string[] {
  return Array.from({ length: COST_TICKS + 1 }, (_, tick) => (topUsd * tick) / COST_TICKS).flatMap((usd) => {
    const top = y(usd).toFixed(1);
    return [
      `<line x1="${String(MARGIN.left)}" x2="${String(WIDTH - MARGIN.right)}" y1="${top}" y2="${top}" stroke="${GRID}"/>`,
      text(
        MARGIN.left - 8,
        y(usd) + 4,
        `$${usd.toFixed(topUsd < 10 ? 2 : 0)}`,
        `text-anchor="end" fill="${TEXT}"`,
      ),
    ];
  });
}

function timeAxis(times: readonly string[]): string[] {
  const last = times.length - 1;
  return Array.from({ length: TIME_TICKS + 1 }, (_, tick) => {
    const label = (times[Math.round((last * tick) / TIME_TICKS)] ?? '').slice(5, 16).replace('T', ' ');
    return text(
      x(tick / TIME_TICKS),
      MARGIN.top + PLOT.height + 18,
      label,
      `text-anchor="middle" fill="${TEXT}"`,
    );
  });
}

function shortened(name: string): string {
  return name.length <= 12 ? name : `${name.slice(0, 11)}…`;
}

function text(left: number, top: number, content: string, attributes = `fill="${TEXT}"`): string {
  return `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${attributes}>${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
