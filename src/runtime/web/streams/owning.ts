/**
 * Enqueuing into streams of type "owning", which own their chunks: each is cloned, or moved where it stands in the
 * transfer list, so that the source keeps nothing of it. A proposal, not part of the standard.
 *
 * @see https://github.com/whatwg/streams/blob/main/explainers/streams-for-raw-video.md
 * @see https://github.com/whatwg/streams/pull/1271
 */
import { argument } from '../../webidl.ts';
import { cloneOptions, cloneWithTransfer } from '../structured-clone.ts';
import { refuseEnqueue } from './default-controller.ts';
import { checkedSize, push } from './queue.ts';
import { callPullIfNeeded, canCloseOrEnqueue, errorReadable, pendingReads, takeRequest, type ReadableState } from './readable-state.ts';

/**
 * `controller.enqueue(chunk, { transfer })`. Throws what the conversion of the options, the size algorithm or the
 * cloning throws; the last two error the stream.
 */
export function enqueueOwned(stream: ReadableState, chunk: unknown, options: unknown): void {
  const { transfer } = cloneOptions(options, argument('enqueue', 'ReadableStreamDefaultController', 2));
  if (!canCloseOrEnqueue(stream)) throw refuseEnqueue();
  let size = 1;
  let owned: unknown;
  try {
    // Before the chunk is moved: afterwards nothing of it can be measured.
    if (stream.size !== undefined && pendingReads(stream) === 0) size = checkedSize(stream.size(chunk) as number);
    owned = cloneWithTransfer(chunk, transfer);
  } catch (error) {
    errorReadable(stream, error);
    throw error;
  }
  // Getters of the chunk may have closed or errored the stream, or read from it.
  if (!canCloseOrEnqueue(stream)) return;
  if (pendingReads(stream) > 0) takeRequest(stream).chunk(owned);
  else push(stream.queue, owned, size);
  callPullIfNeeded(stream);
}
