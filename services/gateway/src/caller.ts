import { AppError } from '@spotopt/kernel';

/** Who makes a request, once the credentials are checked. */
export type Caller =
  | { readonly kind: 'admin'; readonly via: 'token' | 'loopback' }
  | { readonly kind: 'client'; readonly clientId: string; readonly name: string };

/** Tenant that the caller is confined to; null for the administrator. */
export function scopeOf(caller: Caller): string | null {
  return caller.kind === 'client' ? caller.clientId : null;
}

/** Name for the record. */
export function nameOf(caller: Caller): string {
  return caller.kind === 'client' ? `client:${caller.clientId}` : 'admin';
}

/** Somebody else's and a missing thing look the same. */
export function notFound(what: string): AppError {
  return AppError.permanent('not-found', `${what} not found`);
}

/**
 * The tenant named in a path, if the caller may see it.
 * @throws AppError `not-found` (permanent) exactly like for a tenant that does not exist
 */
export function tenantInPath(caller: Caller, clientId: string): string {
  if (caller.kind === 'client' && caller.clientId !== clientId) throw notFound('client');
  return clientId;
}
