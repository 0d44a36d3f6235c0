/** Between S3's headers and what a bucket knows of an object. */
import type { R2Conditions, R2Etag, R2HttpMetadata, R2Metadata, R2MetadataOptions } from '../../protocol/r2.ts';
import { keyHeaders } from './customer-key.ts';
import { S3Error } from './errors.ts';
import type { S3Call } from './call.ts';

const META = 'x-amz-meta-';
const HTTP_FIELDS = [
  ['content-type', 'contentType'],
  ['content-language', 'contentLanguage'],
  ['content-disposition', 'contentDisposition'],
  ['content-encoding', 'contentEncoding'],
  ['cache-control', 'cacheControl'],
] as const;

const CLASSES = [
  ['STANDARD', 'Standard'],
  ['STANDARD_IA', 'InfrequentAccess'],
] as const;

/** S3's name of a storage class. */
export const storageClassOf = (own: string): string => CLASSES.find(([, name]) => name === own)?.[0] ?? own;

/** What a PUT says of the object, beside its bytes. @throws S3Error */
export function metadataOptions(call: S3Call): R2MetadataOptions {
  const http: R2HttpMetadata = {};
  for (const [header, field] of HTTP_FIELDS) {
    const value = call.header(header);
    if (value !== undefined) http[field] = value;
  }
  // It says how the request came, and nothing of the object.
  if (http.contentEncoding !== undefined) {
    const codings = http.contentEncoding.split(',').map((one) => one.trim());
    const rest = codings.filter((one) => one !== 'aws-chunked');
    if (rest.length === 0) delete http.contentEncoding;
    else http.contentEncoding = rest.join(', ');
  }
  const expires = Date.parse(call.header('expires') ?? '');
  if (!Number.isNaN(expires)) http.cacheExpiry = expires;
  const custom = Object.fromEntries(
    Object.entries(call.request.headers)
      .filter(([name]) => name.startsWith(META))
      .map(([name, value]): [string, string] => [name.slice(META.length), String(value)]),
  );
  const given = call.header('x-amz-storage-class') ?? 'STANDARD';
  const storageClass = CLASSES.find(([name]) => name === given)?.[1];
  if (storageClass === undefined) throw new S3Error('InvalidArgument', `The storage class ${given} is not supported.`);
  return { http, custom, storageClass };
}

/** Headers that tell of an object. */
export function headersOf(object: R2Metadata): Record<string, string> {
  const headers: Record<string, string> = { etag: `"${object.etag}"`, 'last-modified': new Date(object.uploaded).toUTCString(), 'accept-ranges': 'bytes' };
  Object.assign(headers, keyHeaders(object.ssecKeyMd5));
  const { http = {}, custom = {} } = object;
  headers['content-type'] = http.contentType ?? 'application/octet-stream';
  for (const [header, field] of HTTP_FIELDS) if (http[field] !== undefined) headers[header] = http[field];
  if (http.cacheExpiry !== undefined) headers['expires'] = new Date(http.cacheExpiry).toUTCString();
  // Metadata that a Worker has put may have names and values that no header can.
  for (const [name, value] of Object.entries(custom)) if (/^[\w!#$%&'*+.^`|~-]+$/.test(name)) headers[META + name.toLowerCase()] = headerValue(value);
  for (const [name, value] of Object.entries(headers)) headers[name] = headerValue(value);
  if (object.storageClass !== 'Standard') headers['x-amz-storage-class'] = storageClassOf(object.storageClass);
  return headers;
}

export const isHeaderValue = (value: string): boolean => /^[\t\x20-\x7e\x80-\xff]*$/.test(value);

const headerValue = (value: string): string => (isHeaderValue(value) ? value : `=?UTF-8?B?${Buffer.from(value).toString('base64')}?=`);

function etags(text: string | undefined): R2Etag[] | undefined {
  if (text === undefined) return undefined;
  return text.split(',').map((one) => {
    const [, weak, quoted] = /^(W\/)?"(.*)"$/.exec(one.trim()) ?? [];
    return { value: quoted ?? one.trim(), weak: weak !== undefined };
  });
}

/** @param prefix "" or "x-amz-copy-source-" */
export function conditions(call: S3Call, prefix = ''): R2Conditions {
  const time = (name: string): number | undefined => {
    const parsed = Date.parse(call.header(prefix + name) ?? '');
    return Number.isNaN(parsed) ? undefined : parsed;
  };
  const given = {
    etagMatches: etags(call.header(`${prefix}if-match`)),
    etagDoesNotMatch: etags(call.header(`${prefix}if-none-match`)),
    uploadedAfter: time('if-modified-since'),
    uploadedBefore: time('if-unmodified-since'),
  };
  const conditions: R2Conditions = { secondsGranularity: true };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) Object.assign(conditions, { [name]: value });
  // HTTP's dates are equal to themselves; R2's are compared as less.
  if (conditions.uploadedBefore !== undefined) conditions.uploadedBefore += 1000;
  return conditions;
}
