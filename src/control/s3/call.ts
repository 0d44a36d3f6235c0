/** One request of an S3 client: what it asks of what, and its answer. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Bucket, Buckets } from '../../ports/buckets.ts';
import { R2_LIMITS } from '../../protocol/r2.ts';
import { openBody, type S3Body } from './body.ts';
import { S3Error } from './errors.ts';
import type { Signature } from './signature.ts';
import { xml, type Xml } from './xml.ts';

const MOST_DOCUMENT = 2 * 1024 * 1024;

export type S3CallOptions = {
  request: IncomingMessage;
  response: ServerResponse;
  query: readonly (readonly [string, string])[];
  signature: Signature;
  buckets: Buckets;
  /** May the key use this bucket? */
  mayUse: (bucket: string) => boolean;
};

export class S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: ReadonlyMap<string, string>;
  readonly buckets: Buckets;
  readonly #signature: Signature;
  readonly #mayUse: (bucket: string) => boolean;

  constructor({ request, response, query, signature, buckets, mayUse }: S3CallOptions) {
    this.request = request;
    this.response = response;
    this.query = new Map(query);
    this.buckets = buckets;
    this.#signature = signature;
    this.#mayUse = mayUse;
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  mayUse(bucket: string): boolean {
    return this.#mayUse(bucket);
  }

  /** @throws S3Error where there is none, or the key may not use it */
  async bucket(name: string): Promise<Bucket> {
    if (!this.#mayUse(name)) throw new S3Error('AccessDenied');
    const bucket = await this.buckets.find(name);
    if (bucket === undefined) throw new S3Error('NoSuchBucket');
    return bucket;
  }

  /** A number of the query, within bounds. */
  count(name: string, fallback: number, most: number): number {
    const given = this.query.get(name);
    if (given === undefined || given === '') return fallback;
    if (!/^\d{1,9}$/.test(given)) throw new S3Error('InvalidArgument', `${name} must be a whole number.`);
    return Math.min(Number(given), most);
  }

  /** Of the query; undefined where it has none. @throws S3Error */
  partNumber(): number | undefined {
    const given = this.query.get('partNumber');
    if (given === undefined) return undefined;
    const number = /^\d{1,5}$/.test(given) ? Number(given) : 0;
    if (number < 1 || number > R2_LIMITS.parts)
      throw new S3Error('InvalidArgument', `Part number must be an integer between 1 and ${R2_LIMITS.parts}, inclusive.`);
    return number;
  }

  body(): S3Body {
    return openBody(this.request, this.#signature);
  }

  /** The body as a document. @param isAboutObject checksums in headers are not the document's, but those of the object that it is about */
  async document(isAboutObject = false): Promise<string> {
    const { body, length } = openBody(this.request, this.#signature, isAboutObject);
    if (length > MOST_DOCUMENT) throw new S3Error('MalformedXML', 'The document is too long.');
    const chunks: Buffer[] = [];
    for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  }

  xml(root: string, value: { readonly [name: string]: Xml }): void {
    const text = xml(root, value);
    this.response.writeHead(200, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
    this.response.end(this.request.method === 'HEAD' ? undefined : text);
  }

  empty(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.response.writeHead(status, status === 204 || status === 304 ? headers : { ...headers, 'content-length': '0' });
    this.response.end();
  }

  /** Sends an object's bytes; a client that goes away is no failure. */
  async send(status: number, headers: Readonly<Record<string, string>>, body: Readable | Uint8Array): Promise<void> {
    this.response.writeHead(status, headers);
    if (body instanceof Readable) await pipeline(body, this.response).catch(() => {});
    else this.response.end(body);
  }
}
