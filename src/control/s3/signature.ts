/**
 * Signature version 4, in headers or in the query: who asks, and that nobody has changed what is asked.
 *
 * Contract: a request that passes was signed with the secret of the named key, for this host, path, query, method
 * and every x-amz header, not long ago. The body is checked by body.ts, with what this file returns.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { S3Error } from './errors.ts';

export type Signed = {
  method: string;
  /** As it was sent, without the query. */
  path: string;
  query: readonly (readonly [string, string])[];
  headers: IncomingHttpHeaders;
};

export type Signature = {
  keyId: string;
  /** What the client says of the body: its SHA-256, or how else it is protected. */
  payload: string;
  /** For the signatures of chunks. */
  signature: string;
  key: Buffer;
  time: string;
  scope: string;
};

const ALGORITHM = 'AWS4-HMAC-SHA256';
const MOST_SKEW_MS = 15 * 60_000;
const MOST_EXPIRES_S = 7 * 24 * 3600;
export const UNSIGNED = 'UNSIGNED-PAYLOAD';

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** As AWS encodes names and values. */
export const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidRequest', 'The address of the request is not properly encoded.');
  }
}

type Claim = { keyId: string; scope: string; signedHeaders: readonly string[]; signature: string; time: string; expires: number | undefined; payload: string };

/**
 * @param secretOf a key's secret; undefined where there is no such key
 * @throws S3Error
 */
export function verify(request: Signed, secretOf: (keyId: string) => string | undefined, now: number): Signature {
  const claim = claimOf(request);
  const [date = '', region = '', service, terminator, ...more] = claim.scope.split('/');
  if (service !== 's3' || terminator !== 'aws4_request' || more.length > 0 || date !== claim.time.slice(0, 8))
    throw new S3Error('AuthorizationHeaderMalformed', 'The credential must be of the form KEY/DATE/REGION/s3/aws4_request, with the date of the request.');
  checkTime(claim, now);
  checkHeaders(request.headers, claim.signedHeaders);
  const secret = secretOf(claim.keyId);
  if (secret === undefined) throw new S3Error('InvalidAccessKeyId');
  const key = hmac(hmac(hmac(hmac(`AWS4${secret}`, date), region), 's3'), 'aws4_request');
  const text = [ALGORITHM, claim.time, claim.scope, sha256(canonicalRequest(request, claim))].join('\n');
  const expected = hmac(key, text);
  const given = Buffer.from(claim.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw new S3Error('SignatureDoesNotMatch');
  return { keyId: claim.keyId, payload: claim.payload, signature: claim.signature, key, time: claim.time, scope: claim.scope };
}

function claimOf({ headers, query }: Signed): Claim {
  const { authorization } = headers;
  const parameters = new Map(query);
  if (authorization !== undefined) return claimOfHeader(authorization, headers);
  if (!parameters.has('X-Amz-Signature')) throw new S3Error('AccessDenied');
  const parameter = (name: string): string => {
    const value = parameters.get(name);
    if (value === undefined) throw new S3Error('AuthorizationQueryParametersError', `The query has no ${name}.`);
    return value;
  };
  if (parameter('X-Amz-Algorithm') !== ALGORITHM) throw new S3Error('AuthorizationQueryParametersError', `Only ${ALGORITHM} is supported.`);
  const [keyId, scope] = credential(parameter('X-Amz-Credential'));
  const expires = Number(parameter('X-Amz-Expires'));
  if (!Number.isInteger(expires) || expires < 1 || expires > MOST_EXPIRES_S)
    throw new S3Error('AuthorizationQueryParametersError', `X-Amz-Expires must be between 1 and ${MOST_EXPIRES_S}.`);
  const signedHeaders = parameter('X-Amz-SignedHeaders').split(';');
  const payload = headers['x-amz-content-sha256'] ?? parameters.get('X-Amz-Content-Sha256') ?? UNSIGNED;
  return { keyId, scope, signedHeaders, signature: parameter('X-Amz-Signature'), time: parameter('X-Amz-Date'), expires, payload: String(payload) };
}

function claimOfHeader(authorization: string, headers: IncomingHttpHeaders): Claim {
  const [, list = ''] = /^AWS4-HMAC-SHA256\s+(.+)$/.exec(authorization) ?? [];
  const fields = new Map(
    list.split(',').map((field): [string, string] => [field.slice(0, field.indexOf('=')).trim(), field.slice(field.indexOf('=') + 1).trim()]),
  );
  const [given, names, signature] = [fields.get('Credential'), fields.get('SignedHeaders'), fields.get('Signature')];
  if (given === undefined || names === undefined || signature === undefined) throw new S3Error('AuthorizationHeaderMalformed');
  const [keyId, scope] = credential(given);
  const payload = headers['x-amz-content-sha256'];
  if (typeof payload !== 'string') throw new S3Error('InvalidRequest', 'The header x-amz-content-sha256 is missing.');
  const time = headers['x-amz-date'] ?? basicTime(headers.date);
  if (typeof time !== 'string') throw new S3Error('AccessDenied', 'The header x-amz-date is missing.');
  return { keyId, scope, signedHeaders: names.split(';'), signature, time, expires: undefined, payload };
}

function credential(text: string): [string, string] {
  const at = text.indexOf('/');
  if (at < 1) throw new S3Error('AuthorizationHeaderMalformed', 'The credential is malformed.');
  return [text.slice(0, at), text.slice(at + 1)];
}

const basicTime = (date: string | undefined): string | undefined => {
  const time = date === undefined ? Number.NaN : Date.parse(date);
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
};

function checkTime({ time, expires }: Claim, now: number): void {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time) ?? [];
  const signed = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(signed)) throw new S3Error('AccessDenied', 'The date of the signature is malformed.');
  if (expires === undefined ? Math.abs(now - signed) > MOST_SKEW_MS : signed - now > MOST_SKEW_MS) throw new S3Error('RequestTimeTooSkewed');
  if (expires !== undefined && now > signed + expires * 1000) throw new S3Error('AccessDenied', 'Request has expired');
}

/** What S3 acts on must be signed; and each once: a long header that is named a thousand times would be signed for seconds. */
function checkHeaders(headers: IncomingHttpHeaders, signed: readonly string[]): void {
  if (new Set(signed).size !== signed.length) throw new S3Error('AuthorizationHeaderMalformed', 'A signed header is named twice.');
  const unsigned = Object.keys(headers).find((name) => (name === 'host' || name.startsWith('x-amz-')) && !signed.includes(name));
  if (unsigned !== undefined) throw new S3Error('AccessDenied', `There were headers present in the request which were not signed: ${unsigned}`);
}

function canonicalRequest({ method, path, query, headers }: Signed, { signedHeaders, payload }: Claim): string {
  // Slashes of a key are slashes, however they were sent.
  const uri = encode(decode(path)).replaceAll('%2F', '/');
  const pairs = query.filter(([name]) => name !== 'X-Amz-Signature').map(([name, value]): [string, string] => [encode(name), encode(value)]);
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  const values = signedHeaders.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replaceAll(/\s+/g, ' ')}\n`,
  );
  return [method, uri, pairs.map(([name, value]) => `${name}=${value}`).join('&'), values.join(''), signedHeaders.join(';'), payload].join('\n');
}

/** The signature of a chunk of a body, or of what follows the last one, which the signature before it leads to. */
export function chunkSignature({ key, time, scope }: Signature, kind: 'PAYLOAD' | 'TRAILER', previous: string, hash: string): string {
  const lines = [`${ALGORITHM}-${kind}`, time, scope, previous];
  if (kind === 'PAYLOAD') lines.push(sha256(''));
  return hmac(key, [...lines, hash].join('\n')).toString('hex');
}
