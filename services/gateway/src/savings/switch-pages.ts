import { ListSwitches } from '@spotopt/contracts';
import type { SwitchView } from '@spotopt/contracts';
import type { ServiceRequests } from '../ports.js';

const PAGE = 500;

export interface SwitchScope {
  readonly clientId: string | null;
  readonly agentId: string | null;
}

/** Pages of switches, newest first. A switch that starts meanwhile moves the rest: none is given twice. */
export async function* switchPages(
  requests: ServiceRequests,
  scope: SwitchScope,
): AsyncGenerator<readonly SwitchView[]> {
  let before = new Set<string>();
  for (let offset = 0; ; offset += PAGE) {
    const { switches } = await requests.ask(ListSwitches, { ...scope, limit: PAGE, offset });
    const known = before;
    yield switches.filter(({ switchId }) => !known.has(switchId));
    if (switches.length < PAGE) return;
    before = new Set(switches.map(({ switchId }) => switchId));
  }
}

/** Switches that started at or after `sinceMs`, newest first. */
export async function switchesSince(
  requests: ServiceRequests,
  scope: SwitchScope,
  sinceMs: number,
): Promise<readonly SwitchView[]> {
  const found: SwitchView[] = [];
  for await (const page of switchPages(requests, scope)) {
    const young = page.filter(({ startedAt }) => Date.parse(startedAt) >= sinceMs);
    found.push(...young);
    if (young.length < page.length) break;
  }
  return found;
}
