import { connect, type Socket } from 'node:net';

export interface LoadTarget {
  readonly port: number;
  readonly path: string;
  readonly token: string;
}

/** Who sends what where. */
export interface Sender {
  readonly target: LoadTarget;
  readonly bodies: { next(): string };
}

export interface Load {
  /** Take turns in having the connections. */
  readonly senders: readonly Sender[];
  readonly connections: number;
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

export interface LoadResult {
  /** Answers with status 200. */
  readonly accepted: number;
  /** Every other answer, by status; requests that got none count as 0. */
  readonly refused: ReadonlyMap<number, number>;
  readonly seconds: number;
}

const LONGEST_ANSWER_MS = 40_000;

/** Sends one request after the other on every connection, as fast as the answers come. */
export async function loadServer(load: Load): Promise<LoadResult> {
  const startedAtMs = performance.now();
  const endAtMs = startedAtMs + load.durationMs;
  const refused = new Map<number, number>();
  let accepted = 0;
  const work = async (sender: Sender | undefined): Promise<void> => {
    if (sender === undefined) return;
    const { target, bodies } = sender;
    let connection: KeepAlive | undefined;
    while (performance.now() < endAtMs && !load.signal.aborted) {
      connection ??= await KeepAlive.open(target);
      const status = await connection.post(bodies.next());
      if (status === 200) accepted += 1;
      else refused.set(status, (refused.get(status) ?? 0) + 1);
      if (status === 0) connection = undefined;
    }
    connection?.close();
  };
  const { senders } = load;
  await Promise.all(
    Array.from({ length: load.connections }, (_, index) => work(senders[index % senders.length])),
  );
  load.signal.throwIfAborted();
  return { accepted, refused, seconds: (performance.now() - startedAtMs) / 1_000 };
}

/** One connection with one request on it at a time; knows of HTTP what the measured servers answer. */
class KeepAlive {
  #answer: (status: number) => void = () => undefined;
  #received = '';
  readonly #head: string;

  private constructor(
    private readonly socket: Socket,
    target: LoadTarget,
  ) {
    this.#head =
      `POST ${target.path} HTTP/1.1\r\nhost: 127.0.0.1:${String(target.port)}\r\n` +
      `authorization: Bearer ${target.token}\r\ncontent-type: application/json\r\ncontent-length: `;
    socket.setNoDelay(true);
    socket.setEncoding('latin1').on('data', (text: string) => {
      this.#take(text);
    });
    socket.setTimeout(LONGEST_ANSWER_MS, () => socket.destroy());
    // What is under way then has no answer.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#answer(0);
    });
  }

  static open(target: LoadTarget): Promise<KeepAlive> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port: target.port });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new KeepAlive(socket, target));
      });
    });
  }

  /** Answers the status; 0 when the connection ended before one came. */
  post(body: string): Promise<number> {
    return new Promise((resolve) => {
      if (this.socket.destroyed) {
        resolve(0);
        return;
      }
      this.#answer = resolve;
      this.socket.write(`${this.#head}${String(Buffer.byteLength(body))}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #take(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#received.slice(0, headEnd))?.[1];
    if (this.#received.length < headEnd + 4 + Number(length ?? 0)) return;
    const status = Number(this.#received.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    this.#received = '';
    this.#answer(status);
  }
}
