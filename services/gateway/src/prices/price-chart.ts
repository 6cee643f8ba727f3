import type { PricePoint } from '@spotopt/contracts';
import { escapeXml, svgText as text } from '../svg.js';

export interface ChartFrame {
  readonly title: string;
  readonly stepMs: number;
  /** Null when it is not known. */
  readonly onDemandUsdPerHour: number | null;
}

const WIDTH = 960;
const HEIGHT = 320;
const MARGIN = { left: 78, right: 16, top: 58, bottom: 40 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const PRICE_TICKS = 4;
const TIME_TICKS = 6;
const COLOUR = {
  measured: '#1d4ed8',
  filled: '#c2410c',
  onDemand: '#6b7280',
  empty: '#f1f5f9',
  emptyEdge: '#94a3b8',
  grid: '#e2e8f0',
};

interface Run {
  readonly state: PricePoint['state'];
  readonly points: readonly PricePoint[];
  /** Number of the first point. */
  readonly start: number;
}

/**
 * A picture of a pool's prices: measured stretches as a solid line, computed ones dashed, stretches without a price
 * hatched. Readable without colours.
 */
export function chartSvg(points: readonly PricePoint[], frame: ChartFrame): string {
  const scale = new Scale(points, frame.onDemandUsdPerHour);
  const runs = runsOf(points);
  const parts = [
    `<rect width="${String(WIDTH)}" height="${String(HEIGHT)}" fill="#ffffff"/>`,
    text(MARGIN.left, 20, frame.title, 'font-weight="600" font-size="14"'),
    legend(),
    ...grid(scale),
    ...timeAxis(points, frame.stepMs),
    ...runs.filter(({ state }) => state === 'empty').map((run) => emptyBox(run, points.length)),
    ...onDemandLine(frame.onDemandUsdPerHour, scale),
    ...runs.filter(({ state }) => state !== 'empty').map((run) => line(run, points, scale)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(HEIGHT)}" role="img" ` +
    `aria-label="${escapeXml(frame.title)}" font-family="system-ui, sans-serif" font-size="11">` +
    `<defs><pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="6" height="6" fill="${COLOUR.empty}"/><line x1="0" y1="0" x2="0" y2="6" stroke="${COLOUR.emptyEdge}" stroke-width="1"/>` +
    `</pattern></defs>${parts.join('')}</svg>`
  );
}

class Scale {
  readonly #low: number;
  readonly #high: number;

  constructor(points: readonly PricePoint[], onDemandUsdPerHour: number | null) {
    const prices = points.flatMap((point) => point.usdPerHour ?? []);
    const high = Math.max(...prices, onDemandUsdPerHour ?? 0);
    const low = Math.min(...prices, high);
    const room = Math.max((high - low) * 0.1, high * 0.02, 1e-6);
    this.#low = Math.max(0, low - room);
    this.#high = high + room;
  }

  y(usdPerHour: number): number {
    const share = (usdPerHour - this.#low) / (this.#high - this.#low);
    return MARGIN.top + PLOT.height * (1 - share);
  }

  get ticks(): number[] {
    return Array.from(
      { length: PRICE_TICKS + 1 },
      (_, index) => this.#low + ((this.#high - this.#low) * index) / PRICE_TICKS,
    );
  }
}

function x(index: number, count: number): number {
  return MARGIN.left + (PLOT.width * index) / Math.max(1, count);
}

function runsOf(points: readonly PricePoint[]): Run[] {
  const runs: { state: PricePoint['state']; points: PricePoint[]; start: number }[] = [];
  for (const [index, point] of points.entries()) {
    const last = runs.at(-1);
    if (last?.state === point.state) last.points.push(point);
    else runs.push({ state: point.state, points: [point], start: index });
  }
  return runs;
}

/** Steps: a price holds until the next one. It begins where the stretch before it ended. */
function line(run: Run, points: readonly PricePoint[], scale: Scale): string {
  const before = points[run.start - 1]?.usdPerHour ?? null;
  const commands = before === null ? [] : [`M${at(x(run.start, points.length), scale.y(before))}`];
  for (const [index, { usdPerHour }] of run.points.entries()) {
    if (usdPerHour === null) continue;
    const y = scale.y(usdPerHour);
    const from = at(x(run.start + index, points.length), y);
    commands.push(`${commands.length === 0 ? 'M' : 'L'}${from}`);
    commands.push(`L${at(x(run.start + index + 1, points.length), y)}`);
  }
  const style =
    run.state === 'filled'
      ? `stroke="${COLOUR.filled}" stroke-width="2" stroke-dasharray="5 3"`
      : `stroke="${COLOUR.measured}" stroke-width="2"`;
  return `<path class="${run.state}" d="${commands.join('')}" fill="none" ${style}/>`;
}

function emptyBox(run: Run, count: number): string {
  const left = x(run.start, count);
  const width = x(run.start + run.points.length, count) - left;
  return `<rect class="empty" x="${left.toFixed(1)}" y="${String(MARGIN.top)}" width="${width.toFixed(1)}" height="${String(PLOT.height)}" fill="url(#none)"/>`;
}

function onDemandLine(usdPerHour: number | null, scale: Scale): string[] {
  if (usdPerHour === null) return [];
  const y = scale.y(usdPerHour).toFixed(1);
  const from = String(MARGIN.left);
  const to = String(WIDTH - MARGIN.right);
  return [
    `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${COLOUR.onDemand}" stroke-dasharray="1 3"/>`,
  ];
}

function grid(scale: Scale): string[] {
  return scale.ticks.flatMap((usdPerHour) => {
    const y = scale.y(usdPerHour);
    const to = String(WIDTH - MARGIN.right);
    return [
      `<line x1="${String(MARGIN.left)}" x2="${to}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" stroke="${COLOUR.grid}"/>`,
      text(MARGIN.left - 8, y + 4, `$${usdPerHour.toFixed(4)}`, 'text-anchor="end"'),
    ];
  });
}

function timeAxis(points: readonly PricePoint[], stepMs: number): string[] {
  const [first] = points;
  if (first === undefined) return [];
  const startMs = Date.parse(first.at);
  return Array.from({ length: TIME_TICKS + 1 }, (_, tick) => {
    const index = (points.length * tick) / TIME_TICKS;
    const label = new Date(startMs + index * stepMs).toISOString().slice(5, 16).replace('T', ' ');
    const anchor = tick === TIME_TICKS ? 'end' : tick === 0 ? 'start' : 'middle';
    return text(x(index, points.length), HEIGHT - 16, label, `text-anchor="${anchor}"`);
  });
}

function legend(): string {
  const y = 40;
  const sample = (left: number, style: string, label: string): string =>
    `<line x1="${String(left)}" x2="${String(left + 24)}" y1="${String(y)}" y2="${String(y)}" stroke-width="2" ${style}/>` +
    text(left + 30, y + 4, label);
  return (
    sample(MARGIN.left, `stroke="${COLOUR.measured}"`, 'measured') +
    sample(MARGIN.left + 100, `stroke="${COLOUR.filled}" stroke-dasharray="5 3"`, 'filled') +
    `<rect x="${String(MARGIN.left + 180)}" y="${String(y - 6)}" width="24" height="12" fill="url(#none)"/>` +
    text(MARGIN.left + 210, y + 4, 'no price') +
    sample(MARGIN.left + 280, `stroke="${COLOUR.onDemand}" stroke-dasharray="1 3"`, 'on-demand')
  );
}

function at(left: number, top: number): string {
  return `${left.toFixed(1)} ${top.toFixed(1)}`;
}
