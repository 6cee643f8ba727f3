import { AppError } from '@spotopt/kernel';

/** The gateway's HTTP API as an administrator uses it. */
export class Api {
  constructor(
    private readonly gatewayUrl: string,
    private readonly token: string,
  ) {}

  get(path: string): Promise<unknown> {
    return this.#send('GET', path);
  }

  post(path: string, body: unknown): Promise<unknown> {
    return this.#send('POST', path, body);
  }

  async #send(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(path, this.gatewayUrl), {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) {
      throw AppError.permanent('api-refused', `${method} ${path}: ${String(response.status)} ${text}`);
    }
    return text === '' ? {} : JSON.parse(text);
  }
}
