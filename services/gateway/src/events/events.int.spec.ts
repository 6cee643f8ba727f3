import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentOfflineV1, AgentOnlineV1, HeartbeatsV1, SpotPriceChangedV1 } from '@spotopt/contracts';
import { databaseDialects, waitFor } from '@spotopt/testkit';
import { ADMIN_TOKEN, GatewayHarness } from '../gateway-harness.contract.js';

interface Frame {
  readonly id: number;
  readonly type: string;
  readonly data: { readonly id: string; readonly data: Record<string, unknown> };
}

/** A reader of server-sent events, as a browser is one. */
class StreamReader {
  readonly frames: Frame[] = [];
  #text = '';
  readonly #abort = new AbortController();

  async open(url: string, headers: Record<string, string>): Promise<Response> {
    const response = await fetch(url, { headers, signal: this.#abort.signal });
    void this.#read(response);
    return response;
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    try {
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? [])
        this.#take(decoder.decode(chunk as Uint8Array, { stream: true }));
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }

  #take(text: string): void {
    this.#text += text;
    const parts = this.#text.split('\n\n');
    this.#text = parts.pop() ?? '';
    for (const part of parts) {
      const fields = Object.fromEntries(
        part.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      if (fields['data'] === undefined) continue;
      this.frames.push({
        id: Number(fields['id']),
        type: fields['event'] ?? '',
        data: JSON.parse(fields['data']) as Frame['data'],
      });
    }
  }
}

describe.each(databaseDialects())('events on %s', (dialect) => {
  let gateway: GatewayHarness;
  let acme: { id: string; token: string };
  let other: { id: string; token: string };

  beforeAll(async () => {
    gateway = await GatewayHarness.start({ dialect });
    acme = await gateway.createClient('acme');
    other = await gateway.createClient('other');
    const logged = async (): Promise<boolean> => idsOf(await replay(ADMIN_TOKEN)).length === 2;
    await waitFor(logged, { what: 'the first events' });
  });

  afterAll(async () => {
    await gateway.stop();
  });

  const subject = 'workload-1';

  async function offline(clientId: string): Promise<string> {
    const data = { agentId: subject, clientId, lastHeartbeatAt: null, reason: 'timeout' as const };
    return gateway.publish(AgentOfflineV1, { subject, data });
  }

  async function replay(token: string, query = ''): Promise<Record<string, unknown>> {
    return (await gateway.call('GET', `/api/events${query}`, { token })).body;
  }

  function idsOf(page: Record<string, unknown>): string[] {
    return (page['events'] as { event: { id: string } }[]).map(({ event }) => event.id);
  }

  it('are replayed in pages after a cursor, each tenant its own and the market for all', async () => {
    const start = Number((await replay(ADMIN_TOKEN, '?limit=1000'))['next_cursor']);
    const own = await offline(acme.id);
    const foreign = await offline(other.id);
    const price = await gateway.publish(SpotPriceChangedV1, {
      subject: 't3.medium.us-east-1a',
      data: {
        poolId: 't3.medium.us-east-1a',
        region: 'us-east-1',
        az: 'us-east-1a',
        instanceType: 't3.medium',
        spotUsdPerHour: 0.01,
        previousUsdPerHour: null,
        onDemandUsdPerHour: 0.04,
        source: 'spot-price-history',
        observedAt: new Date().toISOString(),
      },
    });
    expect(idsOf(await replay(acme.token, `?after=${String(start)}`))).toEqual([own, price]);
    expect(idsOf(await replay(other.token, `?after=${String(start)}`))).toEqual([foreign, price]);
    const first = await replay(ADMIN_TOKEN, `?after=${String(start)}&limit=2`);
    expect(first).toMatchObject({ has_more: true, next_cursor: start + 2 });
    const rest = await replay(ADMIN_TOKEN, `?after=${String(first['next_cursor'])}&limit=2`);
    expect([...idsOf(first), ...idsOf(rest)]).toEqual([own, foreign, price]);
    expect(rest).toMatchObject({ has_more: false });
    expect(
      idsOf(await replay(ADMIN_TOKEN, `?after=${String(start)}&type=${AgentOfflineV1.type}`)),
    ).toHaveLength(2);
  });

  it('are kept once when they come twice, and heartbeats not at all', async () => {
    const start = Number((await replay(ADMIN_TOKEN, '?limit=1000'))['next_cursor']);
    const data = { agentId: subject, clientId: acme.id, lastHeartbeatAt: new Date().toISOString() };
    const id = await gateway.publish(AgentOnlineV1, { subject, data });
    await gateway.publish(AgentOnlineV1, { subject, data, id });
    await gateway.publish(HeartbeatsV1, { subject: 'gateway', data: { beats: [] } });
    expect(idsOf(await replay(ADMIN_TOKEN, `?after=${String(start)}`))).toEqual([id]);
  });

  it('have cursors without a gap or a repetition, also when many come at once', async () => {
    const start = Number((await replay(ADMIN_TOKEN, '?limit=1000'))['next_cursor']);
    const ids = await Promise.all(Array.from({ length: 40 }, async () => offline(acme.id)));
    const page = await replay(ADMIN_TOKEN, `?after=${String(start)}&limit=1000`);
    const cursors = (page['events'] as { cursor: number }[]).map(({ cursor }) => cursor);
    expect(cursors).toEqual(Array.from({ length: 40 }, (_, index) => start + 1 + index));
    expect(idsOf(page).sort()).toEqual([...ids].sort());
  });

  it('stream as they happen, to the tenant they belong to, and resume after a break', async () => {
    const url = `${gateway.url}/api/events/stream`;
    const headers = { authorization: `Bearer ${acme.token}` };
    const reader = new StreamReader();
    const response = await reader.open(url, headers);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const [first] = [await offline(acme.id), await offline(other.id)];
    await waitFor(() => reader.frames.length > 0, { what: 'the first frame' });
    expect(reader.frames.map(({ data }) => data.id)).toEqual([first]);
    expect(reader.frames[0]?.type).toBe(AgentOfflineV1.type);
    reader.close();

    const missed = [await offline(acme.id), await offline(acme.id)];
    const again = new StreamReader();
    await again.open(url, { ...headers, 'last-event-id': String(reader.frames[0]?.id) });
    const live = await offline(acme.id);
    await waitFor(() => again.frames.length === 3, { what: 'what was missed and what is new' });
    expect(again.frames.map(({ data }) => data.id)).toEqual([...missed, live]);
    again.close();
  });

  it('become notifications and activity that people read', async () => {
    await offline(acme.id);
    const list = async (query = ''): Promise<Record<string, unknown>> =>
      (await gateway.call('GET', `/api/notifications${query}`, { token: acme.token })).body;
    const page = await list('?limit=500');
    const notifications = page['notifications'] as { id: string; client_id: string }[];
    expect(notifications[0]).toMatchObject({
      title: 'Agent offline',
      message: 'no heartbeat from the agent',
      severity: 'warning',
      isRead: false,
      read: false,
    });
    expect(notifications.every(({ client_id: clientId }) => clientId === acme.id)).toBe(true);
    const id = notifications[0]?.id ?? '';
    const foreign = await gateway.call('POST', `/api/notifications/${id}/mark-read`, { token: other.token });
    expect(foreign.status).toBe(404);
    const marked = await gateway.call('POST', `/api/notifications/${id}/mark-read`, { token: acme.token });
    expect(marked.status).toBe(200);
    expect((await list())['unread']).toBe(Number(page['unread']) - 1);
    const all = await gateway.call('POST', '/api/notifications/mark-all-read', {
      token: acme.token,
      body: {},
    });
    expect(all.body).toMatchObject({ marked_read: Number(page['unread']) - 1 });
    expect((await list('?unread_only=true'))['notifications']).toEqual([]);
    const activity = await gateway.call('GET', '/api/admin/activity?limit=5', { token: acme.token });
    expect((activity.body['events'] as unknown[])[0]).toMatchObject({ text: 'no heartbeat from the agent' });
  });

  it('leave the process with its streams closed', async () => {
    const alone = await GatewayHarness.start({ dialect: 'sqlite' });
    const reader = new StreamReader();
    await reader.open(`${alone.url}/api/events/stream`, { authorization: `Bearer ${ADMIN_TOKEN}` });
    const startedAt = performance.now();
    await alone.stop();
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});
