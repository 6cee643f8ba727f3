import type { EngineComparison } from '@spotopt/contracts';
import { escapeXml, svgText } from '../svg.js';

const WIDTH = 960;
const MARGIN = { left: 200, right: 96, top: 64, bottom: 40 };
const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right;
const ROW_HEIGHT = 58;
const BAR_HEIGHT = 17;
const TICKS = 4;
/** More would be a table, which is served as JSON. */
const SHOWN_ENGINES = 12;
const NAME_LENGTH = 22;
const COLOUR = {
  expected: '#f1f5f9',
  expectedEdge: '#64748b',
  realised: '#1d4ed8',
  champion: '#0f766e',
  grid: '#e2e8f0',
};

/**
 * A picture of champion and challengers: what each engine expected, hatched, above what following it would have cost,
 * solid. Readable without colours.
 */
export function comparisonSvg(engines: readonly EngineComparison[], title: string): string {
  const shown = engines.slice(0, SHOWN_ENGINES);
  const height = MARGIN.top + Math.max(1, shown.length) * ROW_HEIGHT + MARGIN.bottom;
  const most = Math.max(
    1e-6,
    ...shown.flatMap((row) => [row.expectedUsdPerHour ?? 0, row.realisedUsdPerHour ?? 0]),
  );
  const scale = (usdPerHour: number): number => (Math.max(0, usdPerHour) / most) * PLOT_WIDTH;
  const hidden = engines.length - shown.length;
  const parts = [
    `<rect width="${String(WIDTH)}" height="${String(height)}" fill="#ffffff"/>`,
    svgText(16, 22, title, 'font-weight="600" font-size="14"'),
    legend(),
    ...axis(most, height),
    ...shown.flatMap((row, index) => engineRow(row, MARGIN.top + index * ROW_HEIGHT, scale)),
    ...(shown.length === 0 ? [svgText(MARGIN.left + 12, MARGIN.top + 32, 'no decision in this window')] : []),
    ...(hidden > 0 ? [svgText(16, height - 16, `and ${String(hidden)} more`)] : []),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(WIDTH)} ${String(height)}" role="img" ` +
    `aria-label="${escapeXml(title)}" font-family="system-ui, sans-serif" font-size="11">` +
    `<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
    `<rect width="6" height="6" fill="${COLOUR.expected}"/><line x1="0" y1="0" x2="0" y2="6" stroke="${COLOUR.expectedEdge}" stroke-width="1.5"/>` +
    `</pattern></defs>${parts.join('')}</svg>`
  );
}

type Scale = (usdPerHour: number) => number;

function engineRow(row: EngineComparison, top: number, scale: Scale): string[] {
  const { engine, champion, compared, expectedUsdPerHour, realisedUsdPerHour } = row;
  const name = `${engine.name} ${engine.version}`;
  const label = name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
  const told = champion ? 'champion' : (row.verdict?.conclusion.replaceAll('-', ' ') ?? '');
  const end = 'text-anchor="end"';
  return [
    svgText(MARGIN.left - 12, top + 17, label, `${end} font-size="12" font-weight="600"`),
    svgText(MARGIN.left - 12, top + 33, `${told}, ${String(compared)} compared`, end),
    ...bar(expectedUsdPerHour, { top: top + 4, scale, kind: 'expected', champion }),
    ...bar(realisedUsdPerHour, { top: top + 6 + BAR_HEIGHT, scale, kind: 'realised', champion }),
  ];
}

interface Bar {
  readonly top: number;
  readonly scale: Scale;
  readonly kind: 'expected' | 'realised';
  readonly champion: boolean;
}

function bar(usdPerHour: number | null, { top, scale, kind, champion }: Bar): string[] {
  const textTop = top + BAR_HEIGHT - 5;
  if (usdPerHour === null) return [svgText(MARGIN.left + 6, textTop, `${kind}: not known`)];
  const width = scale(usdPerHour);
  const fill =
    kind === 'expected'
      ? `fill="url(#hatched)" stroke="${COLOUR.expectedEdge}"`
      : `fill="${champion ? COLOUR.champion : COLOUR.realised}"`;
  return [
    `<rect class="${kind}" x="${String(MARGIN.left)}" y="${String(top)}" width="${width.toFixed(1)}" height="${String(BAR_HEIGHT)}" ${fill}/>`,
    svgText(MARGIN.left + width + 6, textTop, `$${usdPerHour.toFixed(4)}`),
  ];
}

function axis(most: number, height: number): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const x = (MARGIN.left + (PLOT_WIDTH * tick) / TICKS).toFixed(1);
    const bottom = height - MARGIN.bottom;
    return (
      `<line x1="${x}" x2="${x}" y1="${String(MARGIN.top - 4)}" y2="${String(bottom)}" stroke="${COLOUR.grid}"/>` +
      svgText(Number(x), bottom + 18, `$${((most * tick) / TICKS).toFixed(4)}`, 'text-anchor="middle"')
    );
  });
}

function legend(): string {
  const sample = (left: number, fill: string, label: string): string =>
    `<rect x="${String(left)}" y="36" width="24" height="12" ${fill}/>` + svgText(left + 30, 46, label);
  return (
    sample(MARGIN.left, `fill="url(#hatched)" stroke="${COLOUR.expectedEdge}"`, 'expected') +
    sample(MARGIN.left + 110, `fill="${COLOUR.champion}"`, 'realised, champion') +
    sample(MARGIN.left + 270, `fill="${COLOUR.realised}"`, 'realised, challenger')
  );
}
