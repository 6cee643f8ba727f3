import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

const DEFAULT_PORT_OF: Readonly<Record<string, number>> = { 'amqp:': 5672, 'redis:': 6379, 'mysql:': 3306 };

/** Stands between a client and its server, and can go away. */
export class TcpProxy {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(private readonly target: URL) {}

  static async before(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.listen();
    return proxy;
  }

  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String(this.#port);
    return url.href;
  }

  async listen(): Promise<void> {
    const server = createServer((client) => {
      this.#join(
        client,
        connect(Number(this.target.port || DEFAULT_PORT_OF[this.target.protocol]), this.target.hostname),
      );
    });
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** Cuts every connection and refuses new ones. */
  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.dropConnections();
    await closed;
  }

  /** Cuts every connection; the next one is served. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Stops carrying bytes while connections stay open, as a network that swallows packets does. */
  freeze(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  #join(client: Socket, upstream: Socket): void {
    client.pipe(upstream).pipe(client);
    for (const [socket, peer] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => peer.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        peer.destroy();
      });
    }
  }
}
