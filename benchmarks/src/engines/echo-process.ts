import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** A bare process that sends back what it gets: what another process costs before it computes anything. */
export class EchoProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  #missing = 0;
  #arrived: (() => void) | null = null;

  constructor(niceness: number) {
    const program = 'process.stdin.pipe(process.stdout)';
    this.#child = spawn(process.execPath, ['-e', program], { env: {}, stdio: ['pipe', 'pipe', 'ignore'] });
    if (this.#child.pid !== undefined) setPriority(this.#child.pid, niceness);
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#missing -= chunk.length;
      if (this.#missing <= 0) this.#arrived?.();
    });
  }

  send(bytes: Uint8Array): Promise<void> {
    this.#missing = bytes.length;
    return new Promise((resolve) => {
      this.#arrived = resolve;
      this.#child.stdin.write(bytes);
    });
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}
