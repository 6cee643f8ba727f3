import { setTimeout as sleep } from 'node:timers/promises';
import { ErrorBody } from '@spotopt/contracts/http';
import type { output, ZodType } from 'zod';
import { EXIT_UNAVAILABLE, EXIT_USAGE, reasonOf, UserError } from './user-error.js';

export interface ServerCall {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly json?: unknown;
  readonly file?: { readonly body: Uint8Array<ArrayBuffer>; readonly gzip: boolean };
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 20_000;

/** The HTTP API of a server. */
export class Server {
  /** @throws UserError for a token that no header can hold */
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {
    if (token === undefined || /^[\x21-\x7e]+$/.test(token)) return;
    throw new UserError(
      'The token has a character that no token has: was it copied whole, and alone?',
      EXIT_USAGE,
    );
  }

  /**
   * The answer, as the schema has it.
   * @throws UserError as `call` does, and when it is the answer of something else
   */
  async ask<Schema extends ZodType>(
    path: string,
    schema: Schema,
    call?: ServerCall,
  ): Promise<output<Schema>> {
    const answer = schema.safeParse(parsed(await this.call(path, call)));
    if (answer.success) return answer.data;
    throw this.#isSomethingElse();
  }

  /**
   * The text of the answer.
   * @throws UserError that says what to do when the server is away or refuses
   */
  async call(path: string, { method = 'GET', json, file, signal }: ServerCall = {}): Promise<string> {
    const deadline = AbortSignal.timeout(TIMEOUT_MS);
    let response: Response;
    let text: string;
    try {
      response = await fetch(new URL(path, this.url), {
        method,
        headers: this.#headers(json, file),
        signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
        ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        ...(file === undefined ? {} : { body: file.body }),
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted === true) throw error;
      throw this.#unreachable(error);
    }
    if (response.ok) return text;
    throw this.#refused(response.status, text);
  }

  /** Between two looks at something that takes a while. */
  wait(durationMs: number, signal: AbortSignal): Promise<void> {
    return sleep(durationMs, undefined, { signal });
  }

  #headers(json: unknown, file: ServerCall['file']): Record<string, string> {
    return {
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...(file === undefined ? {} : { 'content-type': 'text/csv' }),
      ...(file?.gzip === true ? { 'content-encoding': 'gzip' } : {}),
    };
  }

  #unreachable(error: unknown): UserError {
    return new UserError(
      `The server at ${this.url} does not answer (${reasonOf(causeOf(error))}).\n` +
        'Start one with: npm start\nName another one with: --url http://host:port\n' +
        'Or play a price file without a server: --prices FILE',
      EXIT_UNAVAILABLE,
    );
  }

  #refused(status: number, text: string): UserError {
    if (status === 401 || status === 403) {
      const problem = this.token === undefined ? 'wants a token' : 'does not accept this token';
      return new UserError(
        `The server at ${this.url} ${problem}.\nGive one with --token, or in the environment as SPOTOPT_TOKEN.`,
      );
    }
    const error = ErrorBody.safeParse(parsed(text));
    if (!error.success) return this.#isSomethingElse(` (status ${String(status)})`);
    return new UserError(error.data.error, status === 400 ? EXIT_USAGE : 1);
  }

  #isSomethingElse(detail = ''): UserError {
    return new UserError(
      `What answers at ${this.url} is not a server of Spot Optimizer of this version${detail}.`,
    );
  }
}

/** What `fetch` fails with says nothing; what is behind it does. */
function causeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'cause' in error ? error.cause : error;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
