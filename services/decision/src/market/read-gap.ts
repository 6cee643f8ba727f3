/** Far longer than between two reads. */
const LONGEST_READ_MS = 3_600_000;

/** Of a read that comes after a long time only the newest prices are told; those in between have to be fetched. */
export function isReadGap(knownUntil: Date | null, readUntil: Date | null): boolean {
  if (knownUntil === null || readUntil === null) return false;
  return readUntil.getTime() - knownUntil.getTime() > LONGEST_READ_MS;
}
