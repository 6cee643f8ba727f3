import { awsError } from '../aws/aws-error.js';
import type { QueryReader } from '../aws/query-reader.js';

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Cursor of the next page; undefined on the last one. */
  readonly next: number | undefined;
}

/** Cuts the page that starts at row `start` out of a list that only grows at its end. */
export function pageOf<Row>(rows: readonly Row[], start: number, most: number): Page<Row> {
  const end = start + most;
  return { rows: rows.slice(start, end), next: end < rows.length ? end : undefined };
}

export function writeToken(cursor: Readonly<Record<string, number>>): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** The cursor of a request's `NextToken`; undefined without one. */
export function readToken(request: QueryReader): Readonly<Record<string, unknown>> | undefined {
  const token = request.text('NextToken');
  if (token === undefined || token === '') return undefined;
  try {
    const cursor: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (typeof cursor === 'object' && cursor !== null) return { ...cursor };
  } catch (error) {
    throw awsError('InvalidNextToken', `The token '${token}' is invalid: ${String(error)}`);
  }
  throw awsError('InvalidNextToken', `The token '${token}' is invalid`);
}

export function startOf(request: QueryReader): number {
  const start = readToken(request)?.['start'];
  return typeof start === 'number' ? start : 0;
}

/** `MaxResults`, refused outside its bounds. */
export function maxResults(request: QueryReader, bounds: { least: number; most: number }): number {
  const wanted = request.integer('MaxResults');
  if (wanted === undefined) return bounds.most;
  if (wanted < bounds.least || wanted > bounds.most) {
    const range = `between ${bounds.least} and ${bounds.most}`;
    throw awsError(
      'InvalidParameterValue',
      `Value (${wanted}) for parameter maxResults is invalid. Expecting a value ${range}.`,
    );
  }
  return wanted;
}
