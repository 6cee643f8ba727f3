/** Something that the user can repair: printed as it is, without a stack. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** Codes of sysexits.h. */
export const EXIT_USAGE = 64;
export const EXIT_NO_INPUT = 66;
export const EXIT_UNAVAILABLE = 69;
/** By Ctrl-C. */
export const EXIT_INTERRUPTED = 130;

/** What went wrong, of anything thrown. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message);
}
