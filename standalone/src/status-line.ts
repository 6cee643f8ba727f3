import { FleetSummary, ListAgents, ListIncidents, PricingSummary, SavingsTotals } from '@spotopt/contracts';
import type { RunningSystem } from './system.js';

const LINE_WIDTH = 110;

/** One line that says how the system does, from the same requests that the API answers. */
export async function statusLine(system: RunningSystem): Promise<string> {
  const scope = { clientId: null };
  const [fleet, prices, incidents, { agents }, savings] = await Promise.all([
    system.rpc.call(FleetSummary, scope),
    system.rpc.call(PricingSummary, {}),
    system.rpc.call(ListIncidents, { ...scope, agentId: null, limit: 1 }),
    system.rpc.call(ListAgents, { ...scope, includeDeleted: false }),
    system.rpc.call(SavingsTotals, scope),
  ]);
  const savedUsd = savings.clients.reduce((sum, client) => sum + client.savingsUsdTotal, 0);
  const onSpot = agents.filter((agent) => agent.mode === 'spot').length;
  const parts = [
    system.clock.now().toISOString().slice(0, 16).replace('T', ' '),
    `agents ${String(fleet.agentsOnline)}/${String(fleet.agentsTotal)} online, ${String(onSpot)} on spot`,
    `standbys ${String(fleet.replicasActive)}`,
    `pools ${String(prices.poolsCovered)}, prices ${String(prices.rawPrices)}`,
    `switches ${String(fleet.switchesTotal)}`,
    `incidents ${String(incidents.total)}`,
    `saved ${dollars(savedUsd)}`,
  ];
  return parts.join(' · ').slice(0, LINE_WIDTH + 40);
}

/** Redraws the line in place on a terminal; elsewhere it adds a line now and then. */
export class StatusDisplay {
  #lastPrintedAtMs = 0;
  #shown = false;

  constructor(
    private readonly output: NodeJS.WriteStream,
    private readonly everyMs: number,
  ) {}

  show(line: string, nowMs: number): void {
    if (this.output.isTTY) {
      this.output.write(`\r\u001b[K${line.slice(0, Math.max(20, this.output.columns - 1))}`);
      this.#shown = true;
    } else if (nowMs - this.#lastPrintedAtMs >= this.everyMs) {
      this.#lastPrintedAtMs = nowMs;
      this.output.write(`${line}\n`);
    }
  }

  end(): void {
    if (this.#shown) this.output.write('\n');
    this.#shown = false;
  }
}

function dollars(usd: number): string {
  const amount = Math.abs(usd).toFixed(2);
  return usd < 0 && Number(amount) > 0 ? `-$${amount}` : `$${amount}`;
}
