import { closeSync, openSync, readSync } from 'node:fs';

const PAGE_BYTES = 4096;
const BYTES_PER_MB = 1024 * 1024;
/** The kernel tells times in hundredths of a second, whatever its own clock is. */
const MS_PER_TICK = 10;
/** Places of user and system time behind the name of the program, which may contain anything. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;
/** Both files are one line of less than this. */
const LINE = Buffer.alloc(1_024);

/**
 * What a process uses, looked at from outside. Its files stay open: a look is then one read for each, in microseconds,
 * and cannot meet another process that was given the same number.
 */
export class ProcessUsage {
  readonly #memory: number | null;
  readonly #time: number | null;

  constructor(pid: number) {
    this.#memory = opened(pid, 'statm');
    // Of its main thread, where an engine computes.
    this.#time = opened(pid, `task/${String(pid)}/stat`);
  }

  /** Memory that it holds now; null where the system does not tell: the limits inside it hold alone then. */
  residentMegabytes(): number | null {
    const pages = Number(lineOf(this.#memory)?.split(' ')[1]);
    return Number.isFinite(pages) ? (pages * PAGE_BYTES) / BYTES_PER_MB : null;
  }

  /** Processor time of its main thread; null where the system does not tell. */
  cpuMilliseconds(): number | null {
    const text = lineOf(this.#time);
    if (text === null) return null;
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME]);
    return Number.isFinite(ticks) ? ticks * MS_PER_TICK : null;
  }

  close(): void {
    for (const file of [this.#memory, this.#time]) if (file !== null) closeSync(file);
  }
}

function opened(pid: number, file: string): number | null {
  try {
    return openSync(`/proc/${String(pid)}/${file}`, 'r');
  } catch {
    return null;
  }
}

function lineOf(file: number | null): string | null {
  if (file === null) return null;
  try {
    return LINE.toString('latin1', 0, readSync(file, LINE, 0, LINE.length, 0));
  } catch {
    return null;
  }
}
