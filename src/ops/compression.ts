/**
 * Compression: the work behind CompressionStream and DecompressionStream.
 *
 * Contract: an isolate holds at most MAX_CODECS at a time, of at most MAX_MEMORY together, however
 * its input was made; a codec ends with its stream, its event or its first error. What one call
 * answers with is bounded, and nothing more is computed until it is asked for: a small input that
 * becomes a large output crosses piece by piece.
 *
 * @see https://compression.spec.whatwg.org/
 */
import type { Transform } from 'node:stream';
import {
  constants,
  createBrotliCompress,
  createBrotliDecompress,
  createDeflate,
  createDeflateRaw,
  createGunzip,
  createGzip,
  createInflate,
  createInflateRaw,
  createZstdCompress,
  createZstdDecompress,
  deflateRawSync,
  deflateSync,
  gzipSync,
} from 'node:zlib';
import { Post, Request } from '../protocol/ops.ts';
import { gated } from './crypto/gate.ts';
import type { Handles } from './handles.ts';
import { OpError } from '../base/op-error.ts';
import type { EventState, OpContext, PostOp, RequestOp } from './op.ts';

export const MAX_CODECS = 64;
const MAX_MEMORY = 64 * 1024 * 1024;
/** One answer has up to this many bytes, or a little more. */
const OUTPUT_BYTES = 65_536;
/** The isolate cuts its input into parts no longer than this. */
const MAX_INPUT = 262_144;
const ZSTD_WINDOW_BITS = 23;

const options = { chunkSize: OUTPUT_BYTES, highWaterMark: OUTPUT_BYTES, rejectGarbageAfterEnd: true };
/** Brotli's default quality is made for files that are compressed once; this one is made for responses. */
const BROTLI = { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 19 };

/** A codec, and the memory it takes at most. */
type Making = { memory: number | ((first: number) => number); create: () => Transform };

/** The window that a Brotli stream declares in its first byte. @see https://www.rfc-editor.org/rfc/rfc7932#section-9.1 */
function brotliWindow(first: number): number {
  if ((first & 1) === 0) return 2 ** 16;
  const large = (first >> 1) & 7;
  if (large !== 0) return 2 ** (17 + large);
  const small = (first >> 4) & 7;
  return 2 ** (small === 0 ? 17 : 8 + small);
}

const KB = 1024;
const COMPRESSORS: Readonly<Record<string, Making>> = {
  gzip: { memory: 272 * KB, create: () => createGzip(options) },
  deflate: { memory: 272 * KB, create: () => createDeflate(options) },
  'deflate-raw': { memory: 272 * KB, create: () => createDeflateRaw(options) },
  brotli: { memory: 4096 * KB, create: () => createBrotliCompress({ ...options, params: BROTLI }) },
  zstd: { memory: 4096 * KB, create: () => createZstdCompress(options) },
};
const DECOMPRESSORS: Readonly<Record<string, Making>> = {
  gzip: { memory: 48 * KB, create: () => createGunzip(options) },
  deflate: { memory: 48 * KB, create: () => createInflate(options) },
  'deflate-raw': { memory: 48 * KB, create: () => createInflateRaw(options) },
  brotli: { memory: (first) => 256 * KB + brotliWindow(first), create: () => createBrotliDecompress(options) },
  zstd: {
    memory: 2 ** ZSTD_WINDOW_BITS,
    create: () => createZstdDecompress({ ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_BITS } }),
  },
};

/** A whole input as short as this is compressed on the spot: that takes less time than going to a thread. */
const INLINE_BYTES = 8192;
const INLINE: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = { gzip: gzipSync, deflate: deflateSync, 'deflate-raw': deflateRawSync };

const asOpError = (error: Error): OpError => new OpError('TypeError', `The data could not be processed: ${error.message}.`);

class Codec {
  readonly memory: number;
  onDisposed: (() => void) | undefined;
  readonly #stream: Transform;
  #chunks: Buffer[] = [];
  #size = 0;
  /** Has the stream taken in all that was written? */
  #isConsumed = true;
  #isEnding = false;
  #isEnded = false;
  #error: OpError | undefined;
  #wake: (() => void) | undefined;

  constructor(create: () => Transform, memory: number) {
    this.memory = memory;
    this.#stream = create();
    this.#stream
      .on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        this.#size += chunk.length;
        if (this.#size >= OUTPUT_BYTES) this.#stream.pause();
        this.#wake?.();
      })
      .on('end', () => {
        this.#isEnded = true;
        this.#wake?.();
      })
      .on('error', (error) => {
        this.#error ??= asOpError(error);
        this.#wake?.();
      });
  }

  get isBusy(): boolean {
    return this.#wake !== undefined;
  }

  /** Is there nothing more to come, ever? */
  get isOver(): boolean {
    return this.#isEnded;
  }

  /** Takes input and waits for output: a good piece of it, or all there is. */
  async run(bytes: Uint8Array | undefined, isLast: boolean): Promise<[Uint8Array | null, 0 | 1]> {
    const stream = this.#stream;
    if (bytes !== undefined && bytes.length > 0) {
      this.#isConsumed = false;
      stream.write(bytes, () => {
        this.#isConsumed = true;
        this.#wake?.();
      });
    }
    if (isLast && !this.#isEnding) {
      this.#isEnding = true;
      stream.end();
    }
    stream.resume();
    while (this.#error === undefined && this.#size < OUTPUT_BYTES && !this.#isDone()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    // What came out before an error is handed over first; the next call tells of the error.
    if (this.#error !== undefined && this.#size === 0) throw this.#error;
    return [this.#take(), this.#error === undefined && this.#isDone() ? 0 : 1];
  }

  dispose(): void {
    this.#error ??= new OpError('TypeError', 'The stream is closed.');
    this.#chunks = [];
    this.#size = 0;
    this.#stream.destroy();
    this.onDisposed?.();
    this.#wake?.();
  }

  #isDone(): boolean {
    return this.#isEnding ? this.#isEnded : this.#isConsumed && this.#stream.readableLength === 0;
  }

  /** A copy of what there is: the chunks lie in memory that the stream goes on to use. */
  #take(): Uint8Array | null {
    if (this.#size === 0) return null;
    const joined = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#chunks = [];
    this.#size = 0;
    return joined;
  }
}

/** The codecs of one isolate by the numbers it gave them. */
class Codecs {
  #highest = 0;
  #memory = 0;
  readonly #open = new Map<number, Codec>();

  /** @param making how a new one is made; undefined where the call cannot be a first one */
  get(number: number, making: Making | undefined, first: number, event: EventState): Codec {
    const open = this.#open.get(number);
    if (open !== undefined) return open;
    if (making === undefined || number <= this.#highest) throw new OpError('TypeError', 'The stream is closed, or was made in another request.');
    const memory = typeof making.memory === 'number' ? making.memory : making.memory(first);
    if (this.#open.size >= MAX_CODECS || this.#memory + memory > MAX_MEMORY) throw new OpError('TypeError', 'Too many compression streams are open at once.');
    const codec = new Codec(making.create, memory);
    this.#highest = number;
    this.#memory += memory;
    this.#open.set(number, codec);
    codec.onDisposed = event.atEnd(() => this.close(number));
    return codec;
  }

  /** Uses up a number for work that is done in one call; false where it is one of those before. */
  pass(number: number): boolean {
    if (number <= this.#highest) return false;
    this.#highest = number;
    return true;
  }

  close(number: unknown): void {
    const codec = this.#open.get(number as number);
    if (codec === undefined) return;
    this.#open.delete(number as number);
    this.#memory -= codec.memory;
    codec.dispose();
  }

  /** The isolate is gone. */
  cancel(): void {
    for (const number of [...this.#open.keys()]) this.close(number);
  }
}

const codecsByIsolate = new WeakMap<Handles, Codecs>();

function codecsOf({ handles }: OpContext): Codecs {
  let codecs = codecsByIsolate.get(handles);
  if (codecs === undefined) {
    codecs = new Codecs();
    handles.add(codecs);
    codecsByIsolate.set(handles, codecs);
  }
  return codecs;
}

const codec: RequestOp = async (context, eventNumber, _call, number, format, decompresses, input, last) => {
  const event = context.event(eventNumber);
  const bytes = input instanceof ArrayBuffer ? new Uint8Array(input) : input;
  const isMalformed = !Number.isSafeInteger(number) || (number as number) < 1 || !(bytes === null || bytes instanceof Uint8Array);
  if (isMalformed || typeof format !== 'string' || event === undefined || event.ended) throw new OpError('TypeError', 'Invalid arguments to codec.');
  if (bytes !== null && bytes.length > MAX_INPUT) throw new OpError('TypeError', 'Invalid arguments to codec.');
  const makings = decompresses === 1 ? DECOMPRESSORS : COMPRESSORS;
  const codecs = codecsOf(context);
  const inline =
    decompresses !== 1 && last === 1 && bytes !== null && bytes.length <= INLINE_BYTES && Object.hasOwn(INLINE, format) ? INLINE[format] : undefined;
  // A copy, because small Buffers lie in memory that others share.
  if (inline !== undefined && codecs.pass(number as number)) return [new Uint8Array(inline(bytes as Uint8Array)), 0];
  const it = codecs.get(number as number, Object.hasOwn(makings, format) ? makings[format] : undefined, bytes?.[0] ?? 0, event);
  if (it.isBusy) throw new OpError('TypeError', 'Invalid arguments to codec.');
  try {
    const answer = await gated(context, eventNumber, 'short', bytes?.length ?? 0, () => it.run(bytes ?? undefined, last === 1));
    if (it.isOver) codecs.close(number);
    return answer;
  } catch (error) {
    codecs.close(number);
    throw error;
  }
};

const codecClose: PostOp = (context, _event, number) => codecsOf(context).close(number);

export const compressionRequests: Readonly<Record<number, RequestOp>> = { [Request.codec]: codec };
export const compressionPosts: Readonly<Record<number, PostOp>> = { [Post.codecClose]: codecClose };
