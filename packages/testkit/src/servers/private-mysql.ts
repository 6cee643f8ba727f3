import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeMysqlData, mysqlUrlAt, runMysql } from './mysql-data.js';
import { probeMysql } from './probes.js';
import { type ServerProcess, findProgram, freePort } from './server-process.js';

/** A database server of its own that may be killed: it comes back on the same port with the same data. */
export class PrivateMysql {
  readonly url: string;
  #server: ServerProcess | undefined;

  private constructor(
    private readonly program: string,
    private readonly directory: string,
    private readonly port: number,
    private readonly signal: AbortSignal,
  ) {
    this.url = mysqlUrlAt(port);
  }

  /** @throws Error when no MySQL or MariaDB is installed, or when it does not start */
  static async start(signal: AbortSignal): Promise<PrivateMysql> {
    const program = await findProgram('mariadbd', 'mysqld');
    if (program === undefined) {
      throw new Error('A database server that may be killed is needed: apt-get install mariadb-server');
    }
    const directory = await mkdtemp(join(tmpdir(), 'spotopt-killed-mysql-'));
    const server = new PrivateMysql(program, directory, await freePort(), signal);
    try {
      await chmod(directory, 0o755);
      await makeMysqlData(program, directory, signal);
      await server.restart();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#server?.kill();
    this.#server = undefined;
  }

  /** Resolves when it answers. */
  async restart(): Promise<void> {
    this.#server = await runMysql(this.program, this.directory, this.port);
    await this.#server.waitUntilReady(() => probeMysql(this.url), this.signal);
  }

  /** Ends the server and removes its data. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
