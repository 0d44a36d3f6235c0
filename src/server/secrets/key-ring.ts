/**
 * The keys that secrets are encrypted with: the first encrypts, all decrypt.
 *
 * They come from the environment (NANO_SECRETS_KEY), or from a file that only its owner may read; a key is 32 bytes,
 * as 64 hexadecimal digits, one to a line or separated by commas.
 *
 * Contract: AES-256-GCM with a nonce of its own for every record; what the record belongs to is authenticated with
 * it, so that no record can be moved to another app or name. Messages never contain a key or a value.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeWhole } from './write-whole.ts';

export class SecretsError extends Error {
  override name = 'SecretsError';
}

/** A secret as it is kept. `key` names the key, `value` is nonce, tag and ciphertext in base64. */
export type Sealed = { key: string; value: string };

export type KeyPlace = {
  /** The data folder, in which the key lies unless another place is named. */
  dataDir: string;
  /** A file of the operator's. */
  keyFile?: string | undefined;
  /** NANO_SECRETS_KEY of the environment: it wins over files. */
  fromEnv?: string | undefined;
};

const NONCE = 12;
const TAG = 16;

export class KeyRing {
  readonly #keys: readonly Buffer[];

  /** @throws SecretsError for text that has no keys in it */
  constructor(text: string, source: string) {
    const words = text.split(/[\s,]+/).filter((word) => word !== '');
    if (words.length === 0 || words.some((word) => !/^[0-9a-f]{64}$/i.test(word)))
      throw new SecretsError(`${source} does not hold keys: each is 64 hexadecimal digits (openssl rand -hex 32)`);
    this.#keys = words.map((word) => Buffer.from(word, 'hex'));
  }

  /** The name of the key that encrypts. */
  get current(): string {
    return nameOf(this.#keys[0] as Buffer);
  }

  seal(value: string, owner: readonly string[]): Sealed {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0] as Buffer, nonce).setAAD(Buffer.from(JSON.stringify(owner)));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
    return { key: this.current, value: Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64') };
  }

  /** @throws SecretsError where the key is not there, or the record is another's or has been changed */
  open({ key, value }: Sealed, owner: readonly string[]): string {
    const found = this.#keys.find((one) => nameOf(one) === key);
    if (found === undefined) throw new SecretsError(`the key ${key}, which the secret ${owner.join('/')} was encrypted with, is not there`);
    const bytes = Buffer.from(value, 'base64');
    try {
      const decipher = createDecipheriv('aes-256-gcm', found, bytes.subarray(0, NONCE), { authTagLength: TAG })
        .setAAD(Buffer.from(JSON.stringify(owner)))
        .setAuthTag(bytes.subarray(NONCE, NONCE + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE + TAG)), decipher.final()]).toString('utf8');
    } catch {
      throw new SecretsError(`the secret ${owner.join('/')} has been changed or belongs elsewhere`);
    }
  }
}

/** In the data folder, where no other place is named. */
export const KEY_FILE = 'secrets.key';

/** Where the keys are kept, unless the environment has them. */
function keyFileOf({ dataDir, keyFile }: KeyPlace): string {
  return keyFile ?? join(dataDir, KEY_FILE);
}

/** Reads the keys, and makes one where there is none yet and `make` is set. Undefined: there is none. @throws SecretsError */
export function readKeyRing(place: KeyPlace, make: boolean): KeyRing | undefined {
  if (place.fromEnv !== undefined && place.fromEnv !== '') return new KeyRing(place.fromEnv, 'NANO_SECRETS_KEY');
  const file = keyFileOf(place);
  const text = readKeys(file);
  if (text !== undefined) return new KeyRing(text, file);
  // A file that the operator names is the operator's to make.
  if (!make) return undefined;
  if (place.keyFile !== undefined) throw new SecretsError(`there is no key file ${file} (openssl rand -hex 32 > ${file}; chmod 600 ${file})`);
  const made = randomBytes(32).toString('hex');
  writeKeys(file, [made]);
  return new KeyRing(made, file);
}

/** Puts a new key in front of the others. @returns what takes the others away, when nothing needs them any more */
export function addKey(place: KeyPlace): () => void {
  if (place.fromEnv !== undefined && place.fromEnv !== '') return () => {};
  const file = keyFileOf(place);
  const made = randomBytes(32).toString('hex');
  writeKeys(file, [made, ...(readKeys(file) ?? '').split(/[\s,]+/).filter((word) => word !== '')]);
  return () => writeKeys(file, [made]);
}

function readKeys(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return undefined;
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) throw new SecretsError(`others may read the key file ${file}: chmod 600 it`);
  return readFileSync(file, 'utf8');
}

function writeKeys(file: string, keys: readonly string[]): void {
  mkdirSync(dirname(file), { recursive: true });
  writeWhole(file, `${keys.join('\n')}\n`);
  chmodSync(file, 0o600);
}

function nameOf(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}
