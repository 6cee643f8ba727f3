import { isAppError } from '@spotopt/kernel';
import { type Command, CommanderError } from 'commander';
import { EXIT_USAGE, UserError } from './user-error.js';

/**
 * Does what the command line says. What the user can repair is printed without a stack; the exit code is 64 for a
 * command line that makes no sense, and else the one of the error.
 * @param end ends the process at once
 */
export async function obey(program: Command, work: () => Promise<unknown>, end: () => void): Promise<void> {
  endWithReader(end);
  throwInsteadOfExit(program);
  try {
    await work();
  } catch (error) {
    process.exitCode = exitCodeOf(error, program.name());
  }
}

/** @throws whatever nobody expected */
export function exitCodeOf(error: unknown, name: string): number {
  // Its message is printed already; help that was asked for is no mistake.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  const isKnown = error instanceof UserError || (isAppError(error) && error.kind !== 'bug');
  if (!isKnown) throw error;
  process.stderr.write(`${name}: ${error.message}\n`);
  return error instanceof UserError ? error.exitCode : 1;
}

/** Whoever reads the output has seen enough: `spotopt … | head`. */
function endWithReader(end: () => void): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    end();
  });
}

function throwInsteadOfExit(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExit(inner);
}
