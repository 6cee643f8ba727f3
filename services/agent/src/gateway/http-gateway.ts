import { exchangeHttp } from '@spotopt/cloud';
import type { HttpRequest } from '@spotopt/cloud';
import { AppError } from '@spotopt/kernel';
import { Gateway } from './gateway.js';
import type {
  CommandReport,
  Heartbeat,
  InterruptionReport,
  PriceReport,
  Registered,
  Registration,
  ReplicaStatusReport,
  Standing,
  SwitchReport,
  TerminationReport,
  TerminationTask,
} from './gateway.js';
import {
  asFlag,
  asObject,
  asText,
  heartbeatBody,
  priceReportBody,
  registrationBody,
  switchReportBody,
  toCommandItems,
  toStanding,
} from './wire.js';

export interface HttpGatewaySettings {
  readonly serverUrl: string;
  readonly clientToken: string;
  /** @default 30000 */
  readonly timeoutMs?: number;
}

interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

function refusal(what: string, status: number, body: string): AppError {
  const text = asText(asObject(parseJson(body))['error']) ?? `HTTP ${String(status)}`;
  const message = `${what}: ${text}`;
  const details = { httpStatus: status };
  if (status === 401 || status === 403) {
    return AppError.permanent('gateway-unauthorized', `${message}: is the client token right?`, { details });
  }
  if (status === 404) return AppError.permanent('gateway-not-found', message, { details });
  if (status === 429 || status >= 500) return AppError.transient('gateway-unavailable', message, { details });
  return AppError.permanent('gateway-refused', message, { details });
}

/** Undefined when it is not JSON; an empty body is an empty object, as deployed servers mean it. */
function parseJson(text: string): unknown {
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The flat version 4 wire, with additions that older servers ignore. */
export class HttpGateway extends Gateway {
  readonly #baseUrl: string;

  constructor(private readonly settings: HttpGatewaySettings) {
    super();
    this.#baseUrl = settings.serverUrl.replace(/\/+$/, '');
  }

  override async register(registration: Registration): Promise<Registered> {
    const body = asObject(
      await this.#send({
        method: 'POST',
        path: '/api/agents/register',
        body: registrationBody(registration, this.settings.clientToken),
      }),
    );
    const agentKey = asText(body['agent_id']);
    if (agentKey === null) throw AppError.permanent('gateway-unreadable', 'registration without agent_id');
    return { agentKey, clientId: asText(body['client_id']), ...toStanding(body, asObject(body['config'])) };
  }

  override async heartbeat(agentKey: string, beat: Heartbeat): Promise<{ hasPendingCommands: boolean }> {
    const body = asObject(await this.#post(agentKey, 'heartbeat', heartbeatBody(beat)));
    return { hasPendingCommands: asFlag(body['has_pending_commands'], false) };
  }

  override async config(agentKey: string): Promise<Standing> {
    const body = asObject(await this.#get(agentKey, 'config'));
    if (Object.keys(body).length === 0) throw AppError.permanent('gateway-unreadable', 'empty configuration');
    return toStanding(body, body);
  }

  override async pendingCommands(agentKey: string): Promise<readonly unknown[]> {
    return toCommandItems(await this.#get(agentKey, 'pending-commands'));
  }

  override async reportCommand(agentKey: string, commandId: string, report: CommandReport): Promise<void> {
    await this.#post(agentKey, `commands/${encodeURIComponent(commandId)}/executed`, { ...report });
  }

  override async reportPrices(agentKey: string, report: PriceReport): Promise<void> {
    await this.#post(agentKey, 'pricing-report', priceReportBody(report));
  }

  override async reportSwitch(agentKey: string, report: SwitchReport): Promise<void> {
    await this.#post(agentKey, 'switch-report', switchReportBody(report));
  }

  override async instancesToTerminate(agentKey: string): Promise<readonly TerminationTask[]> {
    const body = asObject(await this.#get(agentKey, 'instances-to-terminate'));
    const list = body['instances'];
    if (!asFlag(body['auto_terminate_enabled'], false) || !Array.isArray(list)) return [];
    return list.flatMap((item: unknown) => {
      const ec2InstanceId = asText(asObject(item)['instance_id']);
      const reason = asText(asObject(item)['reason']) ?? 'unknown';
      return ec2InstanceId?.startsWith('i-') === true ? [{ ec2InstanceId, reason }] : [];
    });
  }

  override async reportTermination(agentKey: string, report: TerminationReport): Promise<void> {
    await this.#post(agentKey, 'termination-report', {
      instance_id: report.ec2InstanceId,
      success: report.success,
      error: report.error,
      terminated_at: report.terminatedAt?.toISOString() ?? null,
    });
  }

  override async reportInterruption(agentKey: string, report: InterruptionReport): Promise<void> {
    const detail = { instance_id: report.ec2InstanceId, detected_at: report.detectedAt.toISOString() };
    if (report.signal === 'termination-notice') {
      const body = { ...detail, termination_time: report.noticeAt.toISOString() };
      await this.#post(agentKey, 'termination-imminent', body);
      return;
    }
    const body = { ...detail, notice_time: report.noticeAt.toISOString() };
    await this.#post(agentKey, 'rebalance-recommendation', body);
  }

  override async assignReplica(agentKey: string, replicaId: string, ec2InstanceId: string): Promise<void> {
    await this.#send({
      method: 'PUT',
      path: this.#path(agentKey, `replicas/${encodeURIComponent(replicaId)}`),
      body: { instance_id: ec2InstanceId, status: 'launching' },
    });
  }

  override async reportReplicaStatus(
    agentKey: string,
    replicaId: string,
    report: ReplicaStatusReport,
  ): Promise<void> {
    await this.#post(agentKey, `replicas/${encodeURIComponent(replicaId)}/status`, {
      status: report.status,
      ...(report.syncStartedAt === undefined ? {} : { sync_started_at: report.syncStartedAt.toISOString() }),
      ...(report.syncCompletedAt === undefined
        ? {}
        : { sync_completed_at: report.syncCompletedAt.toISOString() }),
      ...(report.errorMessage === undefined ? {} : { error_message: report.errorMessage }),
    });
  }

  override async reportReplicaSync(
    agentKey: string,
    replicaId: string,
    progressPercent: number,
  ): Promise<void> {
    await this.#post(agentKey, `replicas/${encodeURIComponent(replicaId)}/sync-status`, {
      sync_status: progressPercent >= 100 ? 'synced' : 'syncing',
      state_transfer_progress: progressPercent,
    });
  }

  #path(agentKey: string, rest: string): string {
    return `/api/agents/${encodeURIComponent(agentKey)}/${rest}`;
  }

  #get(agentKey: string, rest: string): Promise<unknown> {
    return this.#send({ method: 'GET', path: this.#path(agentKey, rest) });
  }

  #post(agentKey: string, rest: string, body: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#send({ method: 'POST', path: this.#path(agentKey, rest), body });
  }

  async #send({ method, path, body }: Outgoing): Promise<unknown> {
    const what = `${method} ${path}`;
    const { status, text } = await this.#exchange(what, {
      method,
      url: `${this.#baseUrl}${path}`,
      headers: {
        Authorization: `Bearer ${this.settings.clientToken}`,
        'Content-Type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      timeoutMs: this.settings.timeoutMs ?? 30_000,
    });
    if (status < 200 || status >= 300) throw refusal(what, status, text);
    const answer = parseJson(text);
    if (answer === undefined)
      throw AppError.permanent('gateway-unreadable', `${what}: the answer is not JSON`);
    return answer;
  }

  async #exchange(what: string, request: HttpRequest): Promise<{ status: number; text: string }> {
    try {
      const { status, body } = await exchangeHttp(request);
      return { status, text: body.toString('utf8') };
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'no answer';
      throw AppError.transient('gateway-unavailable', `${what}: ${reason}`, { cause });
    }
  }
}
