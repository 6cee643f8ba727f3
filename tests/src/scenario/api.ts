import { AppError } from '@spotopt/kernel';

export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The gateway's HTTP API as an administrator uses it. */
export class Api {
  constructor(
    private readonly gatewayUrl: string,
    private readonly token: string,
  ) {}

  get(path: string): Promise<unknown> {
    return this.#done('GET', path);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.#done('POST', path, body);
  }

  /** The answer whatever its status; a form is sent as one, anything else as JSON. */
  async send(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    const isForm = body instanceof FormData;
    const response = await fetch(new URL(path, this.gatewayUrl), {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body: parsed as ApiAnswer['body'] };
  }

  async #done(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.send(method, path, body);
    if (answer.status < 400) return answer.body;
    throw AppError.permanent(
      'api-refused',
      `${method} ${path}: ${String(answer.status)} ${JSON.stringify(answer.body)}`,
    );
  }
}
