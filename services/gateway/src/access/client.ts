import { hash, randomBytes } from 'node:crypto';

export type ClientStatus = 'active' | 'inactive' | 'deleted';

/** A tenant. */
export interface Client {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly status: ClientStatus;
  readonly tokenHash: string;
  readonly tokenEncrypted: string;
  readonly createdAtMs: number;
}

const TOKEN_PREFIX = 'token-';
const TOKEN_BYTES = 32;

/** A new opaque token of 256 random bits (CT-120). */
export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('hex');
}

/** What is stored and looked up instead of the token. A plain hash will do: the token is random. */
export function hashToken(token: string): string {
  return hash('sha256', token, 'hex');
}
