import { beforeEach, describe, expect, it } from '@jest/globals';
import { MAX_SAVINGS_DAYS, SavingsReport } from '@spotopt/contracts';
import type { RpcDefinition, RpcRequest } from '@spotopt/contracts';
import { ManualClock } from '@spotopt/testkit';
import type { Client } from '../access/client.js';
import type { ClientRegister } from '../access/ports.js';
import type { AgentDirectory } from '../agents/ports.js';
import type { ServiceRequests } from '../ports.js';
import { savingsPeriod } from './ledger.contract.js';
import { ReadSavings } from './read-savings.js';

const DAY_MS = 86_400_000;
const ADMIN = { kind: 'admin', via: 'token' } as const;
const reports: RpcRequest<typeof SavingsReport>[] = [];

const requests: ServiceRequests = {
  ask: (rpc: RpcDefinition, request: unknown): Promise<never> => {
    if (rpc !== SavingsReport) return Promise.resolve({ clients: [] } as never);
    reports.push(SavingsReport.request.parse(request));
    const total = savingsPeriod('all');
    return Promise.resolve({ periods: [], total, projection: null, trend: 'unknown' } as never);
  },
};

/** Of a tenant that began on a day. */
function savingsSince(since: string): ReadSavings {
  const client = { id: 'acme', createdAtMs: Date.parse(since) } as Client;
  const clients: ClientRegister = {
    count: () => Promise.resolve(1),
    list: () => Promise.resolve([client]),
    get: () => Promise.resolve(client),
  };
  return new ReadSavings({
    requests,
    clock: new ManualClock(new Date('2026-11-21T12:00:00.000Z')),
    clients,
    directory: {} as AgentDirectory,
  });
}

beforeEach(() => {
  reports.length = 0;
});

describe('a tenant older than a report may reach back', () => {
  it.each(['2020-05-17', '2024-09-11'])(
    'since %s sees whole months that the ledger reports',
    async (since) => {
      const savings = savingsSince(since);
      await savings.savings(ADMIN, 'acme', { range: 'total' } as never);
      await savings.allMonths(ADMIN, 'acme');
      expect(reports.map(({ from, to }) => [from, to])).toEqual([
        ['2024-10-01', '2026-11-21'],
        ['2024-10-01', '2026-11-21'],
      ]);
      const days = (Date.parse('2026-11-21') - Date.parse('2024-10-01')) / DAY_MS;
      expect(days).toBeLessThan(MAX_SAVINGS_DAYS);
    },
  );
});

describe('a younger tenant', () => {
  it('sees every month since it began', async () => {
    await savingsSince('2024-10-05').allMonths(ADMIN, 'acme');
    expect(reports).toMatchObject([{ from: '2024-10-01' }]);
  });
});
