import { Param, StreamableFile } from '@nestjs/common';
import { CompareEngines, GetDecision, ListAdvice, type RpcResponse } from '@spotopt/contracts';
import type { QueryOf, ResponseOf } from '@spotopt/contracts/http';
import {
  DecisionAdviceRoute,
  EngineComparisonChartRoute,
  EngineComparisonRoute,
} from '@spotopt/contracts/http';
import { Clock } from '@spotopt/kernel';
import type { Caller } from '../caller.js';
import { scopeOf } from '../caller.js';
import { ServiceRequests } from '../ports.js';
import { type TimeWindow, windowOf } from '../prices/chart-grid.js';
import { By, QueryFor, Routes, Serves } from '../route.js';
import { comparisonSvg } from './comparison-chart.js';
import { toAdviceItem, toComparison } from './comparison-wire.js';

const DEFAULT_HOURS = 7 * 24;
/** Tens of thousands of decisions are read for a comparison. */
const COMPARE_TIMEOUT_MS = 20_000;

type Query = QueryOf<typeof EngineComparisonRoute>;

/** What engines said, and what came of it. */
@Routes()
export class ComparisonController {
  constructor(
    private readonly requests: ServiceRequests,
    private readonly clock: Clock,
  ) {}

  @Serves(EngineComparisonRoute)
  async compare(
    @QueryFor(EngineComparisonRoute) query: Query,
  ): Promise<ResponseOf<typeof EngineComparisonRoute>> {
    const window = this.#windowOf(query);
    return toComparison(await this.#compare(query, window), window);
  }

  @Serves(EngineComparisonChartRoute)
  async chart(@QueryFor(EngineComparisonChartRoute) query: Query): Promise<StreamableFile> {
    const window = this.#windowOf(query);
    const { engines, decisions } = await this.#compare(query, window);
    const [from, to] = [window.fromMs, window.toMs].map((ms) => new Date(ms).toISOString().slice(0, 10));
    const title = `USD per hour, all in: ${String(decisions)} decisions from ${String(from)} to ${String(to)}`;
    return new StreamableFile(Buffer.from(comparisonSvg(engines, title)), {
      type: 'image/svg+xml; charset=utf-8',
    });
  }

  @Serves(DecisionAdviceRoute)
  async ofDecision(
    @By() caller: Caller,
    @Param('decisionId') decisionId: string,
  ): Promise<ResponseOf<typeof DecisionAdviceRoute>> {
    const clientId = scopeOf(caller);
    const { advice } = await this.requests.ask(ListAdvice, { clientId, decisionId, agentId: null });
    // One that was made just now has no advice yet; one that does not exist never will.
    if (advice.length === 0) {
      await this.requests.ask(GetDecision, { clientId, decisionId, withInputs: false });
    }
    return { decision_id: decisionId, advice: advice.map(toAdviceItem), total: advice.length };
  }

  #windowOf(query: Query): TimeWindow {
    return windowOf(query, { nowMs: this.clock.nowMs(), defaultHours: DEFAULT_HOURS });
  }

  #compare(query: Query, { fromMs, toMs }: TimeWindow): Promise<RpcResponse<typeof CompareEngines>> {
    return this.requests.ask(
      CompareEngines,
      {
        clientId: query.client_id ?? null,
        agentId: query.agent_id ?? null,
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
      },
      { timeoutMs: COMPARE_TIMEOUT_MS },
    );
  }
}
