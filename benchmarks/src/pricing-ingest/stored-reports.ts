import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';

export interface Stored {
  readonly reports: number;
  /** By observed time. */
  readonly distinctReports: number;
  readonly prices: number;
}

const COUNT = `SELECT
  (SELECT COUNT(*) FROM price_report) AS reports,
  (SELECT COUNT(DISTINCT observed_at) FROM price_report) AS distinctReports,
  (SELECT COUNT(*) FROM raw_price) AS prices`;

/** Counts what pricing has written, beside pricing. */
export class StoredReports {
  private constructor(private readonly connection: Connection) {}

  /** @param url of the schema itself */
  static async open(url: string): Promise<StoredReports> {
    return new StoredReports(await createConnection({ uri: url, timezone: 'Z' }));
  }

  async count(): Promise<Stored> {
    const [rows] = await this.connection.query<(RowDataPacket & Stored)[]>(COUNT);
    const [row] = rows;
    return {
      reports: Number(row?.reports),
      distinctReports: Number(row?.distinctReports),
      prices: Number(row?.prices),
    };
  }

  async close(): Promise<void> {
    await this.connection.end();
  }
}
