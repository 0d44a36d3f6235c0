/** Web Crypto. */
import { Crypto, crypto } from '../web/crypto/crypto.ts';
import { CryptoKey } from '../web/crypto/crypto-key.ts';
import { QuotaExceededError } from '../web/crypto/quota-exceeded-error.ts';
import { SubtleCrypto } from '../web/crypto/subtle.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    crypto: typeof offers;
  }
}

provide('crypto', offers, { Crypto, CryptoKey, QuotaExceededError, SubtleCrypto, crypto });
