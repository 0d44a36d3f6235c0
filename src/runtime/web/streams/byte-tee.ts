/**
 * tee for readable byte streams: a BYOB read of one branch becomes a BYOB read of the source.
 * @see https://streams.spec.whatwg.org/#abstract-opdef-readablebytestreamtee
 */
import { PromisePrototypeThen } from '../../primordials.ts';
import { queueMicrotask } from './algorithm.ts';
import { cloneAsUint8Array, type View } from './byte-view.ts';
import { byobRequest, closeBytes, enqueueBytes, newByteStream, respond, respondWithNewView } from './pull-into.ts';
import { acquireReader, readInternal, readInto, releaseReader } from './reader.ts';
import { cancelReadable, errorReadable, startReadable, type ByteState, type Reader, type ReadableState, type ReadRequest } from './readable-state.ts';
import { promiseOf } from './settlement.ts';
import { newCancellation, settleCancellation } from './tee.ts';

export function byteTee(source: ReadableState): [ReadableState, ReadableState] {
  let reader = acquireReader(source, false);
  const cancellation = newCancellation(source);
  const branch1 = newByteStream(0);
  const branch2 = newByteStream(0);
  let reading = false;
  let readAgain1 = false;
  let readAgain2 = false;
  let held: unknown;
  /** The branch whose BYOB request the read in progress fills. */
  let byobBranch = branch1;

  const isCanceled = (branch: ReadableState): boolean => (branch === branch1 ? cancellation.canceled1 : cancellation.canceled2);
  const otherThan = (branch: ReadableState): ReadableState => (branch === branch1 ? branch2 : branch1);
  const forwardError = (of: Reader): void => {
    PromisePrototypeThen(promiseOf(of.closed), undefined, (reason) => {
      if (of !== reader) return;
      errorReadable(branch1, reason);
      errorReadable(branch2, reason);
      settleCancellation(cancellation);
    });
  };
  const switchReader = (byob: boolean): void => {
    if (reader.byob === byob) return;
    releaseReader(reader);
    reader = acquireReader(source, byob);
    forwardError(reader);
  };
  /** A copy for the other branch; undefined where there was no memory for it, and all is over. */
  const cloneOrFail = (chunk: View): Uint8Array<ArrayBuffer> | undefined => {
    try {
      return cloneAsUint8Array(chunk);
    } catch (error) {
      errorReadable(branch1, error);
      errorReadable(branch2, error);
      cancellation.deferred.resolve(cancelReadable(source, error));
      return undefined;
    }
  };
  const next = (): void => {
    reading = false;
    if (readAgain1) pull(branch1);
    else if (readAgain2) pull(branch2);
  };
  const closeBranch = (branch: ReadableState): void => {
    if (!isCanceled(branch)) closeBytes(branch);
  };
  const respondNothing = (branch: ReadableState): void => {
    if ((branch.bytes as ByteState).pullIntos.length > 0) respond(branch, 0);
  };
  const failed = (): void => {
    reading = false;
  };

  const deliver = (): void => {
    readAgain1 = readAgain2 = false;
    const chunk1 = held as View;
    let chunk2: View | undefined = chunk1;
    held = undefined;
    if (!cancellation.canceled1 && !cancellation.canceled2) {
      chunk2 = cloneOrFail(chunk1);
      if (chunk2 === undefined) return;
    }
    if (!cancellation.canceled1) enqueueBytes(branch1, chunk1, false);
    if (!cancellation.canceled2) enqueueBytes(branch2, chunk2, false);
    next();
  };
  const request: ReadRequest = {
    chunk(value) {
      held = value;
      // It takes a microtask to notice that the source failed, and errors go before chunks.
      queueMicrotask(deliver);
    },
    close() {
      reading = false;
      closeBranch(branch1);
      closeBranch(branch2);
      respondNothing(branch1);
      respondNothing(branch2);
      settleCancellation(cancellation);
    },
    error: failed,
  };

  const deliverInto = (): void => {
    readAgain1 = readAgain2 = false;
    const chunk = held as View;
    held = undefined;
    const other = otherThan(byobBranch);
    if (isCanceled(other)) {
      if (!isCanceled(byobBranch)) respondWithNewView(byobBranch, chunk);
    } else {
      const clone = cloneOrFail(chunk);
      if (clone === undefined) return;
      if (!isCanceled(byobBranch)) respondWithNewView(byobBranch, chunk);
      enqueueBytes(other, clone, false);
    }
    next();
  };
  const intoRequest: ReadRequest = {
    chunk(value) {
      held = value;
      queueMicrotask(deliverInto);
    },
    close(view) {
      reading = false;
      const other = otherThan(byobBranch);
      closeBranch(byobBranch);
      closeBranch(other);
      if (view !== undefined) {
        if (!isCanceled(byobBranch)) respondWithNewView(byobBranch, view as View);
        if (!isCanceled(other)) respondNothing(other);
      }
      settleCancellation(cancellation);
    },
    error: failed,
  };

  const pull = (branch: ReadableState): void => {
    if (reading) {
      if (branch === branch1) readAgain1 = true;
      else readAgain2 = true;
      return;
    }
    reading = true;
    const wanted = byobRequest(branch);
    switchReader(wanted !== undefined);
    if (wanted === undefined) readInternal(reader, request);
    else {
      byobBranch = branch;
      readInto(reader, wanted.view as Uint8Array<ArrayBuffer>, 1, intoRequest);
    }
  };

  branch1.pull = () => pull(branch1);
  branch2.pull = () => pull(branch2);
  branch1.cancel = cancellation.cancel1;
  branch2.cancel = cancellation.cancel2;
  startReadable(branch1, undefined);
  startReadable(branch2, undefined);
  forwardError(reader);
  return [branch1, branch2];
}
