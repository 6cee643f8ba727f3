import type { BusSubscription, RpcResponder } from '../message-bus.js';
import type { InProcessBroker } from './in-process-broker.js';

export class InProcessResponder implements BusSubscription {
  readonly #inWork = new Set<Promise<string>>();
  #withdraw: (() => void) | undefined;

  constructor(
    private readonly broker: InProcessBroker,
    private readonly method: string,
    private readonly responder: RpcResponder,
  ) {}

  get queue(): string {
    return `${this.method}.rpc`;
  }

  async cancel(): Promise<void> {
    this.#withdraw?.();
    this.#withdraw = undefined;
    await Promise.allSettled(this.#inWork);
  }

  async resume(): Promise<void> {
    this.#withdraw ??= this.broker.respond(this.method, (body, correlationId) =>
      this.#answer(body, correlationId),
    );
    await Promise.resolve();
  }

  async #answer(body: string, correlationId: string | undefined): Promise<string> {
    const work = this.responder(body, correlationId);
    this.#inWork.add(work);
    try {
      return await work;
    } finally {
      this.#inWork.delete(work);
    }
  }
}
