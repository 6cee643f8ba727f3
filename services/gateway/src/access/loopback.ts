interface RequestFacts {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly remoteAddress?: string | undefined };
}

const LOOPBACK_ADDRESS = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/;
/** The Host header guards against a web page that points a foreign name at this machine. */
const LOOPBACK_HOST = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i;

/** A read from this very machine, addressed as such and not passed on by a proxy. */
export function mayReadWithoutToken(request: RequestFacts): boolean {
  if (request.method !== 'GET') return false;
  if (request.headers['x-forwarded-for'] !== undefined || request.headers['forwarded'] !== undefined)
    return false;
  const { host } = request.headers;
  return (
    LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? '') &&
    typeof host === 'string' &&
    LOOPBACK_HOST.test(host)
  );
}
