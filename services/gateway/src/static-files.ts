import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { FastifyInstance } from 'fastify';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.map': 'application/json; charset=utf-8',
};

const SERVED_ELSEWHERE = /^\/(api|health|metrics)(\/|$)/;
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

interface StaticFile {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

function readAll(root: string, directory = root): Map<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) {
      for (const [url, file] of readAll(root, path)) files.set(url, file);
      continue;
    }
    const body = readFileSync(path);
    const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`;
    const url = `/${relative(root, path).split(sep).join('/')}`;
    files.set(url, { type: TYPES[extname(name)] ?? 'application/octet-stream', body, etag });
  }
  return files;
}

/**
 * Serves the built dashboard. Its files are read once, so a request can reach nothing else; a path without
 * an extension is a page of the application and gets its index.
 */
export function serveStatic(server: FastifyInstance, directory: string): void {
  const files = readAll(directory);
  const index = files.get('/index.html');
  server.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?')[0] ?? '/';
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const file = files.get(path) ?? (extname(path) === '' ? index : undefined);
    if (!isRead || SERVED_ELSEWHERE.test(path) || file === undefined) {
      done();
      return;
    }
    void reply
      .header('etag', file.etag)
      .header('cache-control', file === index ? 'no-cache' : 'public, max-age=3600')
      .header('content-security-policy', POLICY)
      .header('x-frame-options', 'DENY');
    if (request.headers['if-none-match'] === file.etag) void reply.status(304).send();
    else void reply.type(file.type).send(file.body);
  });
}
