import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program that runs in the process of an engine, with the only folders that it may read. */
export interface ChildProgram {
  readonly entry: string;
  readonly readable: readonly string[];
}

const HERE = dirname(fileURLToPath(import.meta.url));
const SHELL = '/bin/sh';
/** Of one process in its life: the last bound, for a process that nobody watches any more. */
const CPU_SECONDS = 900;

/**
 * @param chains packages that the entry imports, each with the packages through which it is found
 */
export function childProgram(entry: string, chains: readonly (readonly string[])[]): ChildProgram {
  const own = [HERE, join(dirname(dirname(HERE)), 'package.json')];
  return { entry: join(HERE, entry), readable: [...own, ...chains.map(packageFolder)] };
}

/** Up to the name that follows the last `node_modules`. */
const PACKAGE_FOLDER = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

function packageFolder(chain: readonly string[]): string {
  const file = chain.reduce((from, name) => createRequire(from).resolve(name), join(HERE, 'index.js'));
  return PACKAGE_FOLDER.exec(file)?.[0] ?? dirname(file);
}

export interface ChildMemory {
  /** Objects of the program itself. */
  readonly heapMb: number;
  /** What WebAssembly may ever hold; it is not part of the heap. */
  readonly wasmMb: number;
}

/** Command and arguments; a shell, where there is one, sets what Node cannot: CPU time and no core files. */
export function commandOf({ entry, readable }: ChildProgram, memory: ChildMemory): [string, string[]] {
  const node = [
    process.execPath,
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}${path.endsWith('.json') ? '' : '/'}`),
    '--disallow-code-generation-from-strings',
    '--disable-proto=delete',
    '--no-addons',
    '--no-warnings',
    `--max-old-space-size=${String(memory.heapMb)}`,
    `--wasm-max-mem-pages=${String(memory.wasmMb * 16)}`,
    entry,
  ];
  if (!existsSync(SHELL)) return [process.execPath, node.slice(1)];
  const limits = `ulimit -c 0; ulimit -t ${String(CPU_SECONDS)}; exec "$0" "$@"`;
  return [SHELL, ['-c', limits, ...node]];
}
