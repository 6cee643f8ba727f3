import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ServerProcess, findProgram } from './server-process.js';

const exec = promisify(execFile);

/** Makes an empty data directory below the given one. */
export async function makeMysqlData(program: string, directory: string, signal: AbortSignal): Promise<void> {
  const data = `--datadir=${join(directory, 'data')}`;
  const user = `--user=${userInfo().username}`;
  if (!(await isMariaDb(program))) {
    await exec(program, ['--no-defaults', '--initialize-insecure', data, user], { signal });
    return;
  }
  const installer = await findProgram('mariadb-install-db', 'mysql_install_db');
  if (installer === undefined) throw new Error('mariadb-install-db is not installed');
  const options = ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db'];
  await exec(installer, [...options, data, user], { signal });
}

/** Starts the server on the data that are there. */
export async function runMysql(program: string, directory: string, port: number): Promise<ServerProcess> {
  return new ServerProcess({
    program,
    args: [
      '--no-defaults',
      `--user=${userInfo().username}`,
      `--datadir=${join(directory, 'data')}`,
      `--socket=${join(directory, 'server.sock')}`,
      `--pid-file=${join(directory, 'server.pid')}`,
      `--port=${String(port)}`,
      '--bind-address=127.0.0.1',
      '--max-connections=500',
      ...((await isMariaDb(program)) ? [] : ['--mysqlx=OFF']),
    ],
    logFile: join(directory, 'server.log'),
  });
}

export function mysqlUrlAt(port: number): string {
  return `mysql://root@127.0.0.1:${String(port)}/spotopt_test`;
}

async function isMariaDb(program: string): Promise<boolean> {
  const { stdout } = await exec(program, ['--no-defaults', '--version']);
  return /mariadb/i.test(stdout);
}
