import type {
  InstanceCosts as InstanceCostsRpc,
  LedgerDay as LedgerDayRpc,
  LedgerLine,
  RpcRequest,
  RpcResponse,
} from '@spotopt/contracts';
import type { Clock, UnitOfWork } from '@spotopt/kernel';
import { addDays, dayOf, HOUR_MS } from './day.js';
import { toLedgerFigures } from './figures.js';
import type { LiveDays } from './live-days.js';
import { usdOf } from './money.js';
import type { LedgerStore, PricedLine, UsageStore } from './ports.js';

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
      const open = await live.read(tx, range);
      const lines = [...(await ledger.lines(tx, range)), ...open.flatMap((own) => own.lines)];
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
      const from = dayOf(machine.startedAtMs);
      const lines = (await this.deps.ledger.linesOfMachine(tx, ec2InstanceId)).map(({ line }) => line);
      for (const agentId of new Set(machine.intervals.map((interval) => interval.agentId))) {
        const range = { clientId: machine.clientId, agentId, from, to: today };
        const open = await this.deps.live.read(tx, range);
        lines.push(
          ...open.flatMap((day) => day.lines).filter((line) => line.ec2InstanceId === ec2InstanceId),
        );
      }
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
