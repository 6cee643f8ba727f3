import type { LoggedEvent } from './ports.js';

/** One event of a stream; its id is the cursor to resume from. */
export function sseFrame({ cursor, event }: LoggedEvent): string {
  return `id: ${String(cursor)}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Keeps proxies from closing a quiet stream. */
export const SSE_HEARTBEAT = ': heartbeat\n\n';

/** Cursor in a `Last-Event-ID` header; undefined when there is none or it is not ours. */
export function cursorFrom(header: string | string[] | undefined): number | undefined {
  if (typeof header !== 'string' || !/^\d{1,15}$/.test(header.trim())) return undefined;
  return Number(header);
}
