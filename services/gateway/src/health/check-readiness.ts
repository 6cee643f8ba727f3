import type { HealthRoute, ResponseOf } from '@spotopt/contracts/http';
import type { Clock } from '@spotopt/kernel';

export interface CheckReadinessParts {
  readonly clock: Clock;
  /** Rejects when the database does not answer. */
  readonly database: () => Promise<void>;
  readonly broker: () => { readonly connected: boolean; readonly notConsuming: readonly string[] };
}

/** Whether this process can do its work (H2). */
export class CheckReadiness {
  constructor(private readonly parts: CheckReadinessParts) {}

  async execute(): Promise<ResponseOf<typeof HealthRoute>> {
    const { clock, broker } = this.parts;
    const { connected, notConsuming } = broker();
    const databaseUp = await this.#databaseUp();
    const healthy = databaseUp && connected && notConsuming.length === 0;
    return {
      status: healthy ? 'healthy' : 'unhealthy',
      timestamp: clock.now().toISOString(),
      database: { connected: databaseUp },
      broker: { connected },
      ...(healthy ? {} : { error: this.#problem(databaseUp, connected) }),
    };
  }

  #problem(databaseUp: boolean, connected: boolean): string {
    if (!databaseUp) return 'the database does not answer';
    return connected ? 'a queue is not consumed' : 'not connected to the message broker';
  }

  async #databaseUp(): Promise<boolean> {
    try {
      await this.parts.database();
      return true;
    } catch {
      return false;
    }
  }
}
