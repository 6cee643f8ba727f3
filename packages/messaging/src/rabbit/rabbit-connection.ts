import { AppError } from '@spotopt/kernel';
import { connect } from 'amqplib';
import type { Channel, ConfirmChannel, RecoveringChannelModel } from 'amqplib';
import type { BusLogger } from '../bus-logger.js';
import { RealDeadline } from '../delivery/real-deadline.js';

export interface RabbitConnectionSettings {
  readonly url: string;
  /** Shown in the broker's list of connections. */
  readonly name: string;
  /** Longest wait for the first connection. */
  readonly connectTimeoutMs: number;
  readonly logger: BusLogger;
}

const HEARTBEAT_SECONDS = 10;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const OPERATION_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** A connection that comes back by itself; channels do not, whoever opened one opens it again. */
export class RabbitConnection {
  #connected = false;
  #blocked: string | undefined;
  #lastFailure: Error | undefined;

  private constructor(
    private readonly model: RecoveringChannelModel,
    private readonly settings: RabbitConnectionSettings,
  ) {}

  /** @throws AppError `broker-unavailable` (transient), `broker-refused` (permanent) wrong credentials or host */
  static async open(settings: RabbitConnectionSettings): Promise<RabbitConnection> {
    const model = await connect(withHeartbeat(settings.url), {
      clientProperties: { connection_name: settings.name },
      timeout: HANDSHAKE_TIMEOUT_MS,
      noDelay: true,
      recovery: { initialDelay: 100, maxDelay: 5_000, waitForConnect: false },
    });
    const connection = new RabbitConnection(model, settings);
    const refused = connection.#listen();
    const deadline = new RealDeadline(settings.connectTimeoutMs);
    try {
      const outcome = await deadline.race(Promise.race([model.waitForConnect(), refused]));
      if (outcome === undefined) {
        const cause = connection.#lastFailure;
        throw AppError.transient('broker-unavailable', `no broker at ${hostOf(settings.url)}`, { cause });
      }
    } catch (error) {
      await model.close();
      throw error;
    } finally {
      deadline.clear();
    }
    return connection;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Why the broker takes no messages at present (memory or disk alarm). */
  get blocked(): string | undefined {
    return this.#blocked;
  }

  /** Waits for a connection when there is none. The channel's own errors are logged; its end is an event. */
  async channel(): Promise<Channel> {
    return this.#guarded(await this.model.createChannel());
  }

  /** @throws AppError `broker-unavailable` (transient) when there is no connection */
  async channelNow(): Promise<Channel> {
    if (!this.#connected) throw AppError.transient('broker-unavailable', 'not connected to the broker');
    return this.channel();
  }

  /**
   * Does a short piece of work on a channel of its own.
   * @throws AppError `broker-unavailable` (transient) no connection, or no answer in time
   */
  async onChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const deadline = new RealDeadline(OPERATION_TIMEOUT_MS);
    const done = this.channelNow().then(async (channel) => {
      try {
        return { value: await work(channel) };
      } finally {
        await closeQuietly(channel);
      }
    });
    const outcome = await deadline.race(done);
    deadline.clear();
    if (outcome === undefined) throw AppError.transient('broker-unavailable', 'the broker does not answer');
    return outcome.value;
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    return this.#guarded(await this.model.createConfirmChannel());
  }

  async close(): Promise<void> {
    this.#connected = false;
    const deadline = new RealDeadline(CLOSE_TIMEOUT_MS);
    await deadline.race(this.model.close());
    deadline.clear();
  }

  /** Listeners only note and log: one that threw in `connect` would make the library reconnect for ever. */
  #listen(): Promise<never> {
    const { model, settings } = this;
    const { logger, name } = settings;
    model.on('connect', () => {
      this.#connected = true;
      this.#blocked = undefined;
      logger.info({ connection: name }, 'connected to the broker');
    });
    model.on('disconnect', (error) => {
      this.#connected = false;
      logger.warn({ connection: name, err: error }, 'connection to the broker lost');
    });
    model.on('blocked', (reason) => {
      this.#blocked = reason;
      logger.error({ connection: name, reason }, 'the broker takes no messages');
    });
    model.on('unblocked', () => {
      this.#blocked = undefined;
      logger.info({ connection: name }, 'the broker takes messages again');
    });
    model.on('error', (error) => {
      logger.warn({ connection: name, err: error }, 'error on the connection to the broker');
    });
    model.on('handler-error', (error: Error) => {
      logger.error({ connection: name, err: error }, 'a listener of the connection threw');
    });
    return new Promise((_resolve, reject) => {
      model.on('connect-failed', (error) => {
        this.#lastFailure = error;
        logger.warn({ connection: name, err: error }, 'cannot connect to the broker');
        if (!isRefusal(error)) return;
        reject(
          AppError.permanent('broker-refused', `the broker at ${hostOf(settings.url)} refuses us`, {
            cause: error,
          }),
        );
      });
    });
  }

  #guarded<C extends Channel>(channel: C): C {
    const { logger, name } = this.settings;
    channel.on('error', (error) => {
      logger.warn({ connection: name, err: error }, 'channel closed by an error');
    });
    channel.on('handler-error', (error) => {
      logger.error({ connection: name, err: error }, 'a listener of the channel threw');
    });
    return channel;
  }
}

function withHeartbeat(url: string): string {
  const parsed = new URL(url);
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  return parsed.href;
}

function hostOf(url: string): string {
  return new URL(url).host;
}

function isRefusal(error: Error): boolean {
  return /ACCESS.REFUSED|NOT_ALLOWED/.test(error.message);
}

export async function closeQuietly(channel: Channel): Promise<void> {
  try {
    await channel.close();
  } catch {
    // A channel that an error closed is closed already, which is what was asked for.
  }
}
