import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { isAppError, toAppError } from '@spotopt/kernel';
import type { FastifyReply } from 'fastify';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';
import { Log } from './ports.js';
import { problemOf, problemOfAppError } from './problem.js';
import type { Problem } from './problem.js';

function statusCodeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return undefined;
  return typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

/** Errors of the HTTP server itself: a body that is no JSON, one that is too long, an unknown path. */
function serverProblem(error: unknown): Problem | undefined {
  const status = error instanceof HttpException ? error.getStatus() : statusCodeOf(error);
  if (status === undefined || status >= 500) return undefined;
  if (status === 404) return problemOf({ status, code: 'not-found', message: 'no such route' });
  if (status === 413) return problemOf({ status, code: 'body-too-large', message: 'the body is too large' });
  const message = error instanceof Error ? error.message : 'bad request';
  return problemOf({ status, code: 'bad-request', message });
}

function problemFrom(error: unknown): Problem {
  if (isAppError(error)) return problemOfAppError(error);
  return serverProblem(error) ?? problemOfAppError(toAppError(error));
}

/** Every error as JSON with `error` as text (deployed callers show it) and the members of RFC 9457. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Log) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | undefined {
    if (host.getType() !== 'http') return throwError(() => error);
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemFrom(error);
    if (problem.status >= 500) {
      const fields = { error, method: reply.request.method, path: reply.request.url.split('?')[0] };
      if (problem.status === 500) this.log.error(fields, 'request failed');
      else this.log.warn(fields, 'request could not be served');
    }
    if (reply.sent) return undefined;
    if (problem.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(problem.retryAfterSeconds));
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.status(problem.status).type('application/json; charset=utf-8').send(problem.body);
    return undefined;
  }
}
