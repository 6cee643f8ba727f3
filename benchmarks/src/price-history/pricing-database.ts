import { UlidIds } from '@spotopt/kernel';
import type { Database } from '@spotopt/persistence';
import { parseDatabaseUrl } from '@spotopt/persistence';
import { pricingService } from '@spotopt/pricing';
import { ManualClock, testDatabase } from '@spotopt/testkit';
import { type Connection, createConnection } from 'mysql2/promise';

/** A schema of the pricing service alone, and a bare connection to it. */
export interface PricingDatabase {
  readonly database: Database;
  readonly bare: Connection;
  readonly clock: ManualClock;
  readonly ids: UlidIds;
  /** As the server names itself. */
  readonly version: string;
  /** Removes the schema. */
  cleanUp(): Promise<void>;
}

/** @param now what the clock says, which stands still */
export async function pricingDatabase(now: Date): Promise<PricingDatabase> {
  const clock = new ManualClock(now);
  const ids = new UlidIds();
  const { entities, migrations, name } = pricingService;
  const test = await testDatabase('mysql', { service: name, entities, migrations, clock, ids });
  try {
    const bare = await bareConnection(test.url, name);
    const [rows] = await bare.query('SELECT VERSION() AS version');
    return {
      ...{ database: test.database, bare, clock, ids },
      version: versionIn(rows),
      cleanUp: async () => {
        await bare.end();
        await test.cleanUp();
      },
    };
  } catch (error) {
    await test.cleanUp();
    throw error;
  }
}

async function bareConnection(url: string, service: string): Promise<Connection> {
  const target = parseDatabaseUrl(url, service);
  if (target.dialect !== 'mysql') throw new Error('the bench needs MySQL or MariaDB');
  const { host, port, username: user, password, schema } = target;
  return createConnection({ host, port, user, password, database: schema, timezone: 'Z' });
}

function versionIn(rows: unknown): string {
  const [row] = rows as { version: string }[];
  return row?.version ?? 'unknown';
}
