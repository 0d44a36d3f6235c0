/**
 * crypto.DigestStream, Cloudflare's: a WritableStream whose bytes end in a digest.
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-crypto/#constructors
 */
import { ArrayBufferIsView, BigIntCtor, TypeErrorCtor, markHandled, newDeferred } from '../../primordials.ts';
import { argument, bufferSource, defineInterface, illegalInvocation, isObject, isArrayBuffer, requireArguments } from '../../webidl.ts';
import { encodeUtf8 } from '../encoding/utf8.ts';
import { WritableStream } from '../streams/writable-stream.ts';
import { algorithmIdentifier, normalizeAlgorithm } from './algorithms.ts';
import { copyOf } from './bytes.ts';
import { RunningDigest } from './running-digest.ts';

const bytesOfChunk = (chunk: unknown): Uint8Array => {
  if (typeof chunk === 'string') return encodeUtf8(chunk);
  if (ArrayBufferIsView(chunk) || isArrayBuffer(chunk)) return copyOf(bufferSource(chunk, argument('write', 'DigestStream', 1)));
  throw new TypeErrorCtor('DigestStream is a byte stream but received an object of non-byte type on its writable side.');
};

export class DigestStream extends WritableStream {
  readonly #digest: Promise<ArrayBuffer>;
  readonly #progress: { bytes: number };

  constructor(algorithm: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'DigestStream'");
    const given = algorithmIdentifier(algorithm, "Failed to construct 'DigestStream': parameter 1");
    const running = new RunningDigest(normalizeAlgorithm('digestStream', given, []).name);
    const progress = { bytes: 0 };
    const { promise, resolve, reject } = newDeferred<ArrayBuffer>();
    // Who looks at the stream alone learns of a failure there.
    markHandled(promise);
    const abort = (reason: unknown): void => {
      running.abandon();
      reject(reason);
    };
    super({
      __proto__: null,
      async write(chunk: unknown) {
        try {
          const bytes = bytesOfChunk(chunk);
          progress.bytes += bytes.length;
          await running.update(bytes);
        } catch (error) {
          abort(error);
          throw error;
        }
      },
      async close() {
        try {
          resolve(await running.finish());
        } catch (error) {
          abort(error);
          throw error;
        }
      },
      abort,
    });
    this.#digest = promise;
    this.#progress = progress;
  }

  /** The digest, once the stream is closed. */
  get digest(): Promise<ArrayBuffer> {
    if (!isObject(this) || !(#digest in this)) throw illegalInvocation();
    return this.#digest;
  }

  get bytesWritten(): bigint {
    if (!isObject(this) || !(#digest in this)) throw illegalInvocation();
    return BigIntCtor(this.#progress.bytes);
  }
}
defineInterface(DigestStream, 'DigestStream');
