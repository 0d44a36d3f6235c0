/**
 * A request's body as the client meant it: unwrapped from aws-chunked, and checked against all it was announced with.
 *
 * Contract: the stream ends without an error only if every signature and checksum fits. Whoever reads it acts on
 * nothing before its end.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { S3Error } from './errors.ts';
import { chunkSignature, type Signature, UNSIGNED } from './signature.ts';

export type S3Body = { body: Readable; length: number };

const STREAMING = /^STREAMING-(AWS4-HMAC-SHA256|UNSIGNED)-PAYLOAD(-TRAILER)?$/;
const MOST_LINE = 4096;
const MOST_TRAILER_LINES = 20;

/** @throws S3Error where the length is not known or the kind of signature not supported */
export function openBody(request: IncomingMessage, signature: Signature): S3Body {
  const { headers } = request;
  const { payload } = signature;
  const [isStreaming, kind, trailer] = STREAMING.exec(payload) ?? [];
  if (isStreaming === undefined && payload !== UNSIGNED && !/^[0-9a-f]{64}$/.test(payload))
    throw payload.startsWith('STREAMING-')
      ? new S3Error('NotImplemented', `Bodies of the kind ${payload} are not supported.`)
      : new S3Error('InvalidArgument', 'x-amz-content-sha256 must be a digest, UNSIGNED-PAYLOAD or a kind of stream.');
  const announced = isStreaming === undefined ? headers['content-length'] : headers['x-amz-decoded-content-length'];
  if (typeof announced !== 'string' || !/^\d{1,15}$/.test(announced)) throw new S3Error('MissingContentLength');
  const length = Number(announced);
  const checks = checksOf(headers, isStreaming === undefined ? payload : UNSIGNED);
  const source =
    isStreaming === undefined
      ? (request as AsyncIterable<Buffer>)
      : unwrap(request, { signature: kind === 'UNSIGNED' ? undefined : signature, hasTrailer: trailer !== undefined, checks });
  return { body: Readable.from(checked(source, length, checks), { objectMode: false, highWaterMark: 256 * 1024 }), length };
}

/** Digests to be computed, and what they must come to: by the name of their header. */
class Checks {
  readonly #expected = new Map<string, string>();
  readonly #hashes = new Map<string, Hash>();
  #crc: number | undefined;

  expect(name: string, value: string): void {
    this.#expected.set(name, value);
  }

  /** A digest whose value comes later, in the trailer, must be computed from the start. */
  prepare(name: string): void {
    const algorithm = HASHES[name];
    if (name === 'x-amz-checksum-crc32') this.#crc ??= 0;
    else if (algorithm !== undefined && !this.#hashes.has(name)) this.#hashes.set(name, createHash(algorithm));
  }

  update(chunk: Uint8Array): void {
    for (const hash of this.#hashes.values()) hash.update(chunk);
    if (this.#crc !== undefined) this.#crc = crc32(chunk, this.#crc);
  }

  finish(): void {
    for (const [name, expected] of this.#expected) {
      const actual = this.#result(name);
      if (actual === undefined || actual === expected) continue;
      throw name === 'x-amz-content-sha256'
        ? new S3Error('XAmzContentSHA256Mismatch')
        : new S3Error('BadDigest', `The ${name} you specified did not match what we received.`);
    }
  }

  #result(name: string): string | undefined {
    if (name === 'x-amz-checksum-crc32' && this.#crc !== undefined) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(this.#crc);
      return bytes.toString('base64');
    }
    return this.#hashes.get(name)?.digest(name === 'x-amz-content-sha256' ? 'hex' : 'base64');
  }
}

/** Checksums of other kinds are taken on trust: the connection has its own. */
const HASHES: Readonly<Record<string, string>> = {
  'x-amz-content-sha256': 'sha256',
  'x-amz-checksum-sha1': 'sha1',
  'x-amz-checksum-sha256': 'sha256',
  'content-md5': 'md5',
};
const isChecksum = (name: string): boolean => Object.hasOwn(HASHES, name) || name === 'x-amz-checksum-crc32';

function checksOf(headers: IncomingHttpHeaders, payload: string): Checks {
  const checks = new Checks();
  if (payload !== UNSIGNED) {
    checks.prepare('x-amz-content-sha256');
    checks.expect('x-amz-content-sha256', payload);
  }
  for (const [name, value] of Object.entries(headers)) {
    if (name === 'x-amz-content-sha256' || !isChecksum(name) || typeof value !== 'string') continue;
    if (name === 'content-md5' && Buffer.from(value, 'base64').length !== 16) throw new S3Error('InvalidDigest');
    checks.prepare(name);
    checks.expect(name, value);
  }
  for (const name of String(headers['x-amz-trailer'] ?? '').split(',')) checks.prepare(name.trim().toLowerCase());
  return checks;
}

async function* checked(source: AsyncIterable<Buffer>, length: number, checks: Checks): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.length;
    if (size > length) throw new S3Error('IncompleteBody', `The body is longer than the ${length} bytes that were announced.`);
    checks.update(chunk);
    yield chunk;
  }
  if (size < length) throw new S3Error('IncompleteBody');
  checks.finish();
}

type Wrapping = { /** Undefined: chunks are not signed. */ signature: Signature | undefined; hasTrailer: boolean; checks: Checks };

/** Takes the chunks out of `size;chunk-signature=…\r\n…bytes…\r\n`, the last of which is empty. */
async function* unwrap(request: IncomingMessage, { signature, hasTrailer, checks }: Wrapping): AsyncGenerator<Buffer> {
  const reader = new Reader(request);
  let previous = signature?.signature ?? '';
  for (;;) {
    const line = await reader.line();
    const [, hex, given] = /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/i.exec(line) ?? [];
    if (hex === undefined) throw new S3Error('InvalidRequest', 'The chunks of the body are malformed.');
    const size = Number.parseInt(hex, 16);
    const hash = createHash('sha256');
    for (let left = size; left > 0; ) {
      const bytes = await reader.take(left);
      left -= bytes.length;
      if (signature !== undefined) hash.update(bytes);
      yield bytes;
    }
    if (signature !== undefined) {
      const expected = chunkSignature(signature, 'PAYLOAD', previous, hash.digest('hex'));
      if (given !== expected) throw new S3Error('SignatureDoesNotMatch', 'The signature of a chunk does not match.');
      previous = expected;
    }
    if (size > 0) {
      if ((await reader.line()) !== '') throw new S3Error('InvalidRequest', 'The chunks of the body are malformed.');
      continue;
    }
    if (hasTrailer) await readTrailer(reader, signature, previous, checks);
    return;
  }
}

async function readTrailer(reader: Reader, signature: Signature | undefined, previous: string, checks: Checks): Promise<void> {
  let text = '';
  let given: string | undefined;
  for (let count = 0; count < MOST_TRAILER_LINES; count++) {
    const line = await reader.line();
    if (line === '') break;
    const name = line.slice(0, line.indexOf(':')).trim().toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    if (name === 'x-amz-trailer-signature') given = value;
    else {
      text += `${name}:${value}\n`;
      if (isChecksum(name) && name !== 'x-amz-content-sha256') checks.expect(name, value);
    }
  }
  if (signature === undefined) return;
  const expected = chunkSignature(signature, 'TRAILER', previous, createHash('sha256').update(text).digest('hex'));
  if (given !== expected) throw new S3Error('SignatureDoesNotMatch', 'The signature of the trailer does not match.');
}

/** Reads lines and bytes off a request. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(request: IncomingMessage) {
    this.#chunks = (request as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  /** Up to `most` bytes, at least one. */
  async take(most: number): Promise<Buffer> {
    if (this.#rest.length === 0) this.#rest = await this.#next();
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** Up to the next line break, which is left out. At the end of the body: an empty line. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.#rest.indexOf('\r\n');
      if (at >= 0) {
        const line = this.#rest.toString('latin1', 0, at);
        this.#rest = this.#rest.subarray(at + 2);
        return line;
      }
      if (this.#rest.length > MOST_LINE) throw new S3Error('InvalidRequest', 'The chunks of the body are malformed.');
      const { value, done } = await this.#chunks.next();
      if (done === true) {
        const line = this.#rest.toString('latin1');
        this.#rest = Buffer.alloc(0);
        return line;
      }
      this.#rest = Buffer.concat([this.#rest, value]);
    }
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw new S3Error('IncompleteBody');
    return value;
  }
}
