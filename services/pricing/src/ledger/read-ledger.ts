import type {
  InstanceCosts as InstanceCostsRpc,
  LedgerDay as LedgerDayRpc,
  LedgerLine,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { Clock, Tx, UnitOfWork } from '@spotopt/kernel';
import type { AgentDay } from './compute-days.js';
import { addDays, dayOf, HOUR_MS } from './day.js';
import { toLedgerFigures } from './figures.js';
import { type LiveDays, stillOpen } from './live-days.js';
import { usdOf } from './money.js';
import type { LedgerStore, PricedLine, UsageStore, UsedMachine } from './ports.js';

export interface ReadLedgerDeps {
  readonly uow: UnitOfWork;
  readonly clock: Clock;
  readonly usage: UsageStore;
  readonly ledger: LedgerStore;
  readonly live: LiveDays;
}

const RECENT_DAYS = 30;

/** Shows how the figures come about, down to the single machine. */
export class ReadLedger {
  constructor(private readonly deps: ReadLedgerDeps) {}

  day({
    clientId,
    agentId,
    day,
  }: RpcRequest<typeof LedgerDayRpc>): Promise<RpcResponse<typeof LedgerDayRpc>> {
    const range = { clientId, agentId, from: day, to: day };
    const { uow, ledger, live } = this.deps;
    return uow.read(async (tx) => {
      const candidates = await live.read(tx, range);
      const closed = (await ledger.lines(tx, range)).map((line) => ({ ...line, day }));
      const open = stillOpen(candidates.days, closed);
      const lines = [...closed, ...open.flatMap((own) => own.lines)];
      const closings = await ledger.closings(tx, range);
      return {
        day,
        open: open.length > 0 || day >= dayOf(this.deps.clock.nowMs()),
        lines: lines.sort(byTime).map(toLedgerLine),
        closings: closings.map((closing) => ({
          agentId: closing.agentId,
          revision: closing.revision,
          closedAt: closing.closedAt.toISOString(),
          figures: toLedgerFigures(closing.figures),
          changed: [...closing.changed],
        })),
      };
    });
  }

  /**
   * Of the machine alone: while it is no primary it only costs. Counts what rests on estimates too, and says so.
   * The last 30 days are whole UTC days, today included.
   */
  instance({
    clientId,
    ec2InstanceId,
  }: RpcRequest<typeof InstanceCostsRpc>): Promise<RpcResponse<typeof InstanceCostsRpc>> {
    const nowMs = this.deps.clock.nowMs();
    const today = dayOf(nowMs);
    const recentFrom = addDays(today, 1 - RECENT_DAYS);
    return this.deps.uow.read(async (tx) => {
      const machine = await this.deps.usage.findMachine(tx, ec2InstanceId);
      if (machine === null || (clientId !== null && machine.clientId !== clientId)) return { costs: null };
      const lines = await this.#linesOf(tx, machine, today);
      const recent = lines.filter((line) => dayOf(line.fromMs) >= recentFrom);
      return {
        costs: {
          startedAt: new Date(machine.startedAtMs).toISOString(),
          endedAt: machine.endedAtMs === null ? null : new Date(machine.endedAtMs).toISOString(),
          hours: total(lines, (line) => line.toMs - line.fromMs) / HOUR_MS,
          costUsd: usdOf(total(lines, (line) => line.costMicroUsd)),
          savingsUsd: usdOf(total(lines, savingsOf)),
          savingsUsdLast30Days: usdOf(total(recent, savingsOf)),
          estimated: lines.some((line) => line.estimated || line.unpricedMs > 0),
        },
      };
    });
  }

  async #linesOf(tx: Tx, machine: UsedMachine, today: string): Promise<PricedLine[]> {
    const { clientId, ec2InstanceId } = machine;
    const candidates: AgentDay[] = [];
    for (const agentId of new Set(machine.intervals.map((interval) => interval.agentId))) {
      const range = { clientId, agentId, from: dayOf(machine.startedAtMs), to: today };
      candidates.push(...(await this.deps.live.read(tx, range)).days);
    }
    const closed = await this.deps.ledger.linesOfMachine(tx, ec2InstanceId);
    const days = closed.map(({ day, line }) => ({ day, agentId: line.agentId }));
    const open = stillOpen(candidates, days).flatMap((day) => day.lines);
    return [
      ...closed.map(({ line }) => line),
      ...open.filter((line) => line.ec2InstanceId === ec2InstanceId),
    ];
  }
}

function savingsOf(line: PricedLine): number {
  return line.onDemandMicroUsd - line.costMicroUsd;
}

function total(lines: readonly PricedLine[], of: (line: PricedLine) => number): number {
  return lines.reduce((sum, line) => sum + of(line), 0);
}

function byTime(a: PricedLine, b: PricedLine): number {
  return a.fromMs - b.fromMs || (a.ec2InstanceId < b.ec2InstanceId ? -1 : 1);
}

function toLedgerLine(line: PricedLine): LedgerLine {
  const { agentId, instanceId, ec2InstanceId, mode, poolId, purpose, fromMs, toMs } = line;
  return {
    ...{ agentId, instanceId, ec2InstanceId, mode, poolId, purpose },
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    hours: (toMs - fromMs) / HOUR_MS,
    costUsd: usdOf(line.costMicroUsd),
    onDemandUsd: usdOf(line.onDemandMicroUsd),
    filledHours: line.filledMs / HOUR_MS,
    carriedHours: line.carriedMs / HOUR_MS,
    unpricedHours: line.unpricedMs / HOUR_MS,
    estimated: line.estimated,
  };
}
