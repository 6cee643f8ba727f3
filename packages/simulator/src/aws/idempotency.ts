import { awsError } from './aws-error.js';

interface Remembered<Result> {
  readonly fingerprint: string;
  readonly result: Result;
}

/** Results of calls that carried a client token; only calls that had an effect are remembered. */
export class Idempotency {
  readonly #byKey = new Map<string, Remembered<unknown>>();

  /**
   * Runs `act` once per `scope` and token, and gives back its result for every repetition.
   * @throws `IdempotentParameterMismatch` when the token comes again with another `fingerprint`
   */
  once<Result>(
    call: { scope: string; token: string | undefined; fingerprint: string },
    act: () => Result,
  ): Result {
    const { scope, token, fingerprint } = call;
    if (token === undefined || token === '') return act();
    if (token.length > 64)
      throw awsError('InvalidParameterValue', 'ClientToken is longer than 64 characters');
    const key = `${scope}|${token}`;
    const known = this.#byKey.get(key) as Remembered<Result> | undefined;
    if (known === undefined) {
      const result = act();
      this.#byKey.set(key, { fingerprint, result });
      return result;
    }
    if (known.fingerprint === fingerprint) return known.result;
    const message =
      'The client token you have provided is associated with a resource that has other parameters.';
    throw awsError('IdempotentParameterMismatch', message);
  }
}
