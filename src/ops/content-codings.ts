/**
 * Content codings of responses, undone while they stream.
 *
 * Contract: memory is bounded by the codings' windows whatever the data unfolds to, since nothing is
 * produced that is not read; truncated data is an error, no data at all is an empty body.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
 */
import { type Duplex, type Readable, Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { connectionLost } from './network-errors.ts';

/** More layers than any server means well with. */
const MOST_LAYERS = 4;
const CHUNK = 64 * 1024;
/** RFC 9659: a zstd window for HTTP is at most 8 MB. */
const ZSTD_WINDOW_LOG = 23;

/**
 * The transforms that undo a Content-Encoding, in order; empty for "identity", undefined where one of them is not known
 * (the body then stays as it came).
 */
function decoders(contentEncoding: string): (() => Duplex)[] | undefined {
  const chain: (() => Duplex)[] = [];
  for (const token of contentEncoding.split(',')) {
    const coding = token.trim().toLowerCase();
    if (coding === '' || coding === 'identity') continue;
    if (coding === 'gzip' || coding === 'x-gzip') chain.unshift(() => zlib.createGunzip({ chunkSize: CHUNK }));
    else if (coding === 'deflate') chain.unshift(() => new InflateAny());
    else if (coding === 'br') chain.unshift(() => zlib.createBrotliDecompress({ chunkSize: CHUNK }));
    else if (coding === 'zstd' && typeof zlib.createZstdDecompress === 'function') {
      chain.unshift(() => zlib.createZstdDecompress({ chunkSize: CHUNK, params: { [zlib.constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }));
    } else return undefined;
  }
  return chain.length > MOST_LAYERS ? undefined : chain;
}

/** Can this Content-Encoding be undone, and is there anything to undo? */
export function isDecodable(contentEncoding: string): boolean {
  if (contentEncoding === '') return false;
  const chain = decoders(contentEncoding);
  return chain !== undefined && chain.length > 0;
}

/** The body as it was before its codings. Errors go forward, destruction goes backward. */
export function decodeBody(body: Readable, contentEncoding: string): Readable {
  let last = body;
  for (const create of decoders(contentEncoding) ?? []) last = join(last, create());
  return last;
}

function join(from: Readable, into: Duplex): Readable {
  let any = false;
  let ended = false;
  from.on('data', (chunk: Buffer) => {
    any = true;
    if (!into.write(chunk)) from.pause();
  });
  into.on('drain', () => from.resume());
  from.on('end', () => {
    ended = true;
    if (any) {
      into.end();
      return;
    }
    into.once('end', () => into.destroy());
    into.push(null);
  });
  from.on('error', (error) => into.destroy(error));
  from.on('close', () => {
    if (!ended) into.destroy(connectionLost());
  });
  into.on('close', () => {
    if (!from.destroyed) from.destroy();
  });
  return into;
}

/** "deflate" is zlib data by the standard, raw deflate data from some servers; the first byte tells which. */
class InflateAny extends Transform {
  #inner: zlib.Inflate | zlib.InflateRaw | undefined;

  override _transform(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#inner ??= this.#open(chunk);
    this.#inner.write(chunk, callback);
  }

  override _flush(callback: (error?: Error | null) => void): void {
    const inner = this.#inner;
    if (inner === undefined) return callback();
    inner.once('end', () => callback());
    inner.end();
  }

  override _read(size: number): void {
    this.#inner?.resume();
    super._read(size);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#inner?.destroy();
    callback(error);
  }

  #open(first: Buffer): zlib.Inflate | zlib.InflateRaw {
    const isZlib = ((first[0] ?? 0) & 0x0f) === 8 && (first.length < 2 || ((first[0] ?? 0) * 256 + (first[1] ?? 0)) % 31 === 0);
    const inner = isZlib ? zlib.createInflate({ chunkSize: CHUNK }) : zlib.createInflateRaw({ chunkSize: CHUNK });
    inner.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) inner.pause();
    });
    inner.on('error', (error) => this.destroy(error));
    return inner;
  }
}
