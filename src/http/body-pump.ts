/**
 * From a body that lives on the host to a client.
 *
 * Contract: at most one chunk goes out that the client has no room for; nothing goes out that was not
 * admitted; the source is let go of when the client is gone. Node's pipeline would do, but for the
 * length: where a response's Content-Length does not fit, it throws where nobody can catch it.
 */
import type { Readable, Writable } from 'node:stream';
import type { RecyclingStream } from '../ports/host-body.ts';

/**
 * Sends all of the source, but not the end of the response.
 * @param admit sees every chunk before it goes out; false stops the rest
 * @returns true when the source came to its end
 */
export function pumpBody(source: Readable, response: Writable, admit: (chunk: Uint8Array) => boolean): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const recycler = 'recycle' in source ? (source as Readable & RecyclingStream) : undefined;
  recycler?.startRecycling();
  const write = (chunk: Uint8Array): boolean => (recycler === undefined ? response.write(chunk) : response.write(chunk, () => recycler.recycle(chunk)));
  const finish = (isWhole: boolean): void => {
    source.off('data', onData).off('end', onEnd).off('close', onClose);
    response.off('drain', onDrain).off('close', onGone);
    if (!isWhole) source.destroy();
    resolve(isWhole);
  };
  const onData = (chunk: Uint8Array): void => {
    if (!admit(chunk)) finish(false);
    else if (!write(chunk)) source.pause();
  };
  const onDrain = (): void => {
    source.resume();
  };
  const onEnd = (): void => finish(true);
  const onClose = (): void => finish(false);
  const onGone = (): void => finish(false);
  // Stays: an error may come after the source was let go of.
  source.on('error', () => {});
  source.on('data', onData).on('end', onEnd).on('close', onClose);
  response.on('drain', onDrain).on('close', onGone);
  if (response.destroyed) finish(false);
  else if (source.destroyed) finish(source.readableEnded);
  return promise;
}
