/**
 * A request's body as the client meant it: unwrapped from aws-chunked, and checked against all it was announced with.
 *
 * Contract: the stream ends without an error only if every signature and checksum fits. Whoever reads it acts on
 * nothing before its end.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { Checks } from './checksums.ts';
import { S3Error } from './errors.ts';
import { chunkSignature, type Signature, UNSIGNED } from './signature.ts';

/** `checks`: what came of the announced digests, once the body was read to its end. */
export type S3Body = { body: Readable; length: number; checks: Checks };

const STREAMING = /^STREAMING-(AWS4-HMAC-SHA256|UNSIGNED)-PAYLOAD(-TRAILER)?$/;
const MOST_LINE = 4096;
const MOST_TRAILER_LINES = 20;

/** @param ignoresChecksums checksums in headers are about something else @throws S3Error where the length is not known or the kind of signature not supported */
export function openBody(request: IncomingMessage, signature: Signature, ignoresChecksums = false): S3Body {
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
  const checks = new Checks(ignoresChecksums ? {} : headers, isStreaming === undefined && payload !== UNSIGNED ? payload : undefined);
  const source =
    isStreaming === undefined
      ? (request as AsyncIterable<Buffer>)
      : unwrap(request, { signature: kind === 'UNSIGNED' ? undefined : signature, hasTrailer: trailer !== undefined, checks });
  return { body: Readable.from(checked(source, length, checks), { objectMode: false, highWaterMark: 256 * 1024 }), length, checks };
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
      if (name !== 'x-amz-content-sha256') checks.expect(name, value);
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
