import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '@spotopt/kernel';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keeps tokens readable for an administrator and useless to whoever steals the database (CT-121). */
export class TokenCipher {
  readonly #key: Buffer;

  /** @param keyHex 64 hex digits */
  constructor(keyHex: string) {
    this.#key = Buffer.from(keyHex, 'hex');
  }

  /** @param owner bound to the text, so that one tenant's row cannot be given to another */
  encrypt(token: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(owner));
    const body = Buffer.concat([cipher.update(token, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
  }

  /** @throws AppError `token-unreadable` (permanent) when the key is another one or the row was changed */
  decrypt(text: string, owner: string): string {
    const bytes = Buffer.from(text, 'base64');
    try {
      const decipher = createDecipheriv(ALGORITHM, this.#key, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(owner))
        .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      const body = bytes.subarray(NONCE_BYTES + TAG_BYTES);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw AppError.permanent('token-unreadable', 'the token cannot be read with this key; regenerate it', {
        cause,
      });
    }
  }
}
