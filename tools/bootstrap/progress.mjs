/** A problem that the user can repair: printed as it is, without a stack. */
export class UserError extends Error {}

/** @param {string} text */
export function progress(text) {
  process.stderr.write(`${text}\n`);
}

/** @param {number} startedAtMs */
export function secondsSince(startedAtMs) {
  return `${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`;
}
