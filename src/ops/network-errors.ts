/**
 * What a tenant is told when a fetch fails.
 *
 * Contract, binding on changes to this file: texts name the host the app itself asked for, and
 * nothing else of this machine or its network: no address, no port of ours, no path, no stack.
 */
import { OUT_OF_DESCRIPTORS } from '../base/descriptors.ts';
import { OpError } from '../base/op-error.ts';

/** The rules said no; the message is made by policy.ts. */
export class EgressRefusedError extends OpError {
  constructor(message: string) {
    super('TypeError', message);
  }
}

/** A name that could not be resolved. */
export class LookupError extends OpError {
  constructor(host: string) {
    super('TypeError', `DNS lookup of "${host}" failed.`);
  }
}

/** No connection in time. */
export class ConnectTimeoutError extends OpError {
  constructor(host: string) {
    super('TypeError', `Connecting to "${host}" took too long.`);
  }
}

/** Cloudflare's words for a connection that broke off. */
export function connectionLost(): OpError {
  return new OpError('TypeError', 'Network connection lost.');
}

export function aborted(): OpError {
  return new OpError('AbortError', 'The operation was aborted');
}

const TEXTS: Record<string, (host: string) => string> = {
  ECONNREFUSED: (host) => `Connection to "${host}" was refused.`,
  ENETUNREACH: (host) => `"${host}" cannot be reached.`,
  EHOSTUNREACH: (host) => `"${host}" cannot be reached.`,
  EMFILE: () => OUT_OF_DESCRIPTORS,
  ENFILE: () => OUT_OF_DESCRIPTORS,
  EADDRNOTAVAIL: (host) => `"${host}" cannot be reached.`,
  ETIMEDOUT: (host) => `Connecting to "${host}" took too long.`,
  UND_ERR_CONNECT_TIMEOUT: (host) => `Connecting to "${host}" took too long.`,
  UND_ERR_HEADERS_TIMEOUT: (host) => `"${host}" took too long to answer.`,
  UND_ERR_BODY_TIMEOUT: (host) => `"${host}" stopped sending.`,
  UND_ERR_HEADERS_OVERFLOW: (host) => `The response headers of "${host}" are too large.`,
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: () => 'The request body is longer or shorter than its Content-Length.',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: () => 'Network connection lost.',
  UND_ERR_INVALID_ARG: () => 'The request cannot be sent over HTTP: its method, path or a header is not valid.',
  UND_ERR_NOT_SUPPORTED: () => 'The request uses a header that is not supported.',
};

/** Turns whatever went wrong into what the tenant may see. */
export function tellTenant(error: unknown, host: string): OpError {
  if (error instanceof OpError) return error;
  const { code, cause, name } = (typeof error === 'object' && error !== null ? error : {}) as { code?: unknown; cause?: unknown; name?: unknown };
  if (cause instanceof OpError) return cause;
  if (name === 'HTTPParserError') return new OpError('TypeError', `"${host}" sent an invalid HTTP response.`);
  if (typeof code === 'string') {
    const text = TEXTS[code];
    if (text !== undefined) return new OpError('TypeError', text(host));
    if (/^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$|HOSTNAME_MISMATCH)/.test(code)) {
      return new OpError('TypeError', `The TLS connection to "${host}" failed (${code}).`);
    }
    if (/^(Z_|ERR_ZSTD|ZSTD_|ERR__ERROR_|ERR_BROTLI|BROTLI_)/.test(code))
      return new OpError('TypeError', 'The response body is not what its Content-Encoding says.');
  }
  return connectionLost();
}
