import type { Envelope } from '@spotopt/contracts';
import type { Audience } from './ports.js';

/** Market facts belong to nobody. */
const PUBLIC_TYPES = /^spotopt\.(pricing|pool)\./;

function textAt(value: unknown, key: string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  const found: unknown = Reflect.get(value, key);
  return typeof found === 'string' ? found : null;
}

function clientIn(data: unknown): string | null {
  const command: unknown =
    typeof data === 'object' && data !== null ? Reflect.get(data, 'command') : undefined;
  return textAt(data, 'clientId') ?? textAt(command, 'clientId');
}

/** An event that names no tenant and is no market fact is for the administrator alone. */
export function audienceOf(event: Envelope): { audience: Audience; clientId: string | null } {
  const clientId = clientIn(event.data);
  if (clientId !== null) return { audience: 'tenant', clientId };
  return { audience: PUBLIC_TYPES.test(event.type) ? 'everyone' : 'admin', clientId: null };
}

export function agentIn(event: Envelope): string | null {
  return textAt(event.data, 'agentId');
}
