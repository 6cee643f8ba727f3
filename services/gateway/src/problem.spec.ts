import { describe, expect, it } from '@jest/globals';
import { AppError } from '@spotopt/kernel';
import { problemOfAppError } from './problem.js';

describe('problemOfAppError', () => {
  it.each([
    [AppError.permanent('agent-not-found', 'agent not found'), 404],
    [AppError.permanent('switch-under-way', 'one switch at a time'), 409],
    [AppError.permanent('settings-conflict', 'exclude each other'), 409],
    [AppError.permanent('invalid-target', 'no such pool'), 400],
    [AppError.permanent('forbidden', 'no'), 403],
    [AppError.transient('rpc-timeout', 'replica.register-agent did not answer'), 503],
    [AppError.transient('database-unavailable', 'away', { retryAfterMs: 4_200 }), 503],
    [AppError.bug('invalid-response', 'replica.list-agents: agents.0.az: expected string'), 500],
  ])('%s', (error, status) => {
    const problem = problemOfAppError(error);
    expect(problem.body.status).toBe(status);
    expect(problem.retryAfterSeconds).toBe(
      status === 503 ? Math.ceil((error.retryAfterMs ?? 1_000) / 1_000) : undefined,
    );
    if (status >= 500) expect(problem.body.error).not.toMatch(/replica\./);
    else expect(problem.body.error).toBe(error.message);
  });
});
