import { AppError } from '@spotopt/kernel';
import { exchangeHttp } from '../http-exchange.js';
import { parseAdvisorFile, type SpotAdvice, SpotAdvisor } from './spot-advisor.js';

/** Public, without credentials and without a contract; some 5 MB. */
export const SPOT_ADVISOR_URL = 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json';

export interface SpotAdvisorSettings {
  /** @default SPOT_ADVISOR_URL */
  readonly url?: string | undefined;
  /** @default 30000 */
  readonly timeoutMs?: number | undefined;
}

export class HttpSpotAdvisor extends SpotAdvisor {
  constructor(private readonly settings: SpotAdvisorSettings = {}) {
    super();
  }

  override async advice(): Promise<readonly SpotAdvice[]> {
    return parseAdvisorFile(await this.#read(this.settings.url ?? SPOT_ADVISOR_URL));
  }

  async #read(url: string): Promise<string> {
    const unavailable = (why: string, cause?: unknown): AppError =>
      AppError.transient('advisor-unavailable', `${url}: ${why}`, { cause });
    let answer: Awaited<ReturnType<typeof exchangeHttp>>;
    try {
      answer = await exchangeHttp({ method: 'GET', url, timeoutMs: this.settings.timeoutMs ?? 30_000 });
    } catch (error) {
      throw unavailable(error instanceof Error ? error.message : String(error), error);
    }
    if (answer.status !== 200) throw unavailable(`HTTP ${String(answer.status)}`);
    return answer.body.toString('utf8');
  }
}
