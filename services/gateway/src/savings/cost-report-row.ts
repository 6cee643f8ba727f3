import { parseInstant } from '@spotopt/contracts/http';
import { invalidRequest } from '../invalid-body.js';

export type CostSource = 'cost-and-usage-report' | 'spot-data-feed';

/** What AWS charged for a machine in one row. */
export interface CostRow {
  readonly ec2InstanceId: string;
  /** Start of the UTC hour of the usage; of its first hour for a row about a whole day. */
  readonly hourAt: string;
  readonly usd: number;
  readonly hours: number | null;
}

/** `skipped` is about something else than the hours of a machine, `heading` is no row at all. */
export type ReadRow = (cells: readonly string[], line: number) => CostRow | 'skipped' | 'heading';

const INSTANCE_ID = /^i-[0-9a-z]{4,40}$/;
/** Hours of a machine; region prefixes such as `USE2-` come before. */
const MACHINE_USAGE = /(^|-)(BoxUsage|SpotUsage)(:|$)/;
const HOUR_MS = 3_600_000;
const LONGEST_USAGE_MS = 24 * HOUR_MS;
const MAX_USD = 1_000_000;
const FEED_VERSION = /^#Version:\s*1\./;

function missingColumn(name: string): Error {
  return invalidRequest([{ path: [name], message: 'the column is missing' }]);
}

function badLine(line: number, message: string): Error {
  return invalidRequest([{ path: [`line ${String(line)}`], message }]);
}

function msAt(text: string, line: number, column: string): number {
  const instant = parseInstant(text.replace(/ UTC$/, ''));
  if (instant === undefined) throw badLine(line, `${column}: expected a time`);
  return Date.parse(instant);
}

function hourOf(atMs: number): string {
  return new Date(Math.floor(atMs / HOUR_MS) * HOUR_MS).toISOString();
}

function amountIn(text: string, line: number, column: string): number {
  const amount = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(amount)) throw badLine(line, `${column}: expected a number`);
  return amount;
}

/** No hour or day of a machine costs more; larger amounts are no amounts, and would not fit the ledger. */
function usdIn(text: string, line: number, column: string): number {
  const usd = amountIn(text, line, column);
  if (Math.abs(usd) > MAX_USD) throw badLine(line, `${column}: more than ${String(MAX_USD)} USD`);
  return usd;
}

/** A column has one name in the reports of the first form and another in those of "2.0". */
function columnOf(header: readonly string[], names: readonly [string, string]): number | undefined {
  const index = header.findIndex((name) => names.includes(name));
  return index === -1 ? undefined : index;
}

const CUR_COLUMNS = {
  resource: ['lineItem/ResourceId', 'line_item_resource_id'],
  start: ['lineItem/UsageStartDate', 'line_item_usage_start_date'],
  end: ['lineItem/UsageEndDate', 'line_item_usage_end_date'],
  cost: ['lineItem/UnblendedCost', 'line_item_unblended_cost'],
  usageType: ['lineItem/UsageType', 'line_item_usage_type'],
  product: ['lineItem/ProductCode', 'line_item_product_code'],
  amount: ['lineItem/UsageAmount', 'line_item_usage_amount'],
  lineItemType: ['lineItem/LineItemType', 'line_item_line_item_type'],
} as const satisfies Record<string, readonly [string, string]>;

type CurColumn = keyof typeof CUR_COLUMNS;
const NEEDED: readonly CurColumn[] = ['resource', 'start', 'end', 'cost', 'usageType', 'product'];

/** Reads rows of a Cost and Usage Report; the first one names the columns. */
function costAndUsageRows(): ReadRow {
  let columns: Partial<Record<CurColumn, number>> | undefined;
  return (cells, line) => {
    if (columns === undefined) {
      columns = curColumns(cells);
      return 'heading';
    }
    const known = columns;
    const cell = (name: CurColumn): string => cells[known[name] ?? -1] ?? '';
    const ec2InstanceId = cell('resource');
    const isMachine = cell('product') === 'AmazonEC2' && MACHINE_USAGE.test(cell('usageType'));
    if (!isMachine || !INSTANCE_ID.test(ec2InstanceId)) return 'skipped';
    const hourAt = usageHour(cell('start'), cell('end'), line);
    const usd = usdIn(cell('cost'), line, CUR_COLUMNS.cost[0]);
    // A negation or a credit repeats the amount of the usage that it is about.
    const counts = known.amount !== undefined && /(^|Usage)$/.test(cell('lineItemType'));
    const hours = counts ? amountIn(cell('amount'), line, CUR_COLUMNS.amount[0]) : null;
    return { ec2InstanceId, hourAt, usd, hours };
  };
}

/** A report by month cannot be told apart into days: all of it would count as cost of the month's first one. */
function usageHour(start: string, end: string, line: number): string {
  const startMs = msAt(start, line, CUR_COLUMNS.start[0]);
  const endMs = msAt(end, line, CUR_COLUMNS.end[0]);
  if (endMs - startMs > LONGEST_USAGE_MS) {
    const message = 'usage of more than a day; export the report by hour or by day';
    throw badLine(line, `${CUR_COLUMNS.end[0]}: ${message}`);
  }
  return hourOf(startMs);
}

function curColumns(header: readonly string[]): Partial<Record<CurColumn, number>> {
  const columns: Partial<Record<CurColumn, number>> = {};
  for (const name of Object.keys(CUR_COLUMNS) as CurColumn[]) {
    const index = columnOf(header, CUR_COLUMNS[name]);
    if (index !== undefined) columns[name] = index;
    else if (NEEDED.includes(name)) throw missingColumn(CUR_COLUMNS[name].join(' or '));
  }
  return columns;
}

const FEED_COLUMNS = ['Timestamp', 'UsageType', 'InstanceID', 'Charge'] as const;

/** Reads rows of a spot data feed, whose `#Fields:` line names the columns. */
function spotDataFeedRows(): ReadRow {
  let columns: ReadonlyMap<string, number> | undefined;
  return (cells, line) => {
    const text = cells.join(' ');
    if (text.startsWith('#')) {
      if (text.startsWith('#Version:') && !FEED_VERSION.test(text)) {
        throw badLine(line, '#Version: only version 1 of the feed is known');
      }
      if (text.startsWith('#Fields:')) columns = feedColumns(text);
      return 'heading';
    }
    if (columns === undefined) throw missingColumn('#Fields');
    const known = columns;
    const cell = (name: (typeof FEED_COLUMNS)[number]): string => cells[known.get(name) ?? -1] ?? '';
    const ec2InstanceId = cell('InstanceID');
    if (!MACHINE_USAGE.test(cell('UsageType')) || !INSTANCE_ID.test(ec2InstanceId)) return 'skipped';
    const charge = /^(\S+) USD$/.exec(cell('Charge').trim());
    if (charge?.[1] === undefined) throw badLine(line, 'Charge: expected an amount such as 0.0104 USD');
    const usd = usdIn(charge[1], line, 'Charge');
    const hourAt = hourOf(msAt(cell('Timestamp'), line, 'Timestamp'));
    return { ec2InstanceId, hourAt, usd, hours: null };
  };
}

function feedColumns(text: string): ReadonlyMap<string, number> {
  const names = text.slice('#Fields:'.length).trim().split(/\s+/);
  for (const name of FEED_COLUMNS) if (!names.includes(name)) throw missingColumn(name);
  return new Map(names.map((name, index) => [name, index]));
}

export function rowsOf(source: CostSource): ReadRow {
  return source === 'spot-data-feed' ? spotDataFeedRows() : costAndUsageRows();
}
