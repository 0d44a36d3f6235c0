/**
 * ReadableByteStreamController and ReadableStreamBYOBRequest: what an underlying byte source holds.
 * @see https://streams.spec.whatwg.org/#rbs-controller-class
 */
import { ArrayBufferPrototypeGetByteLength, ArrayBufferPrototypeGetDetached, TypeErrorCtor } from '../../primordials.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../../webidl.ts';
import { unsignedLongLongEnforceRange } from '../../webidl-types.ts';
import { INTERNAL } from './algorithm.ts';
import { arrayBufferView, bufferOf, byteLengthOf } from './byte-view.ts';
import { byobRequest, closeBytes, enqueueBytes, respond, respondWithNewView } from './pull-into.ts';
import { canCloseOrEnqueue, desiredSize, errorReadable, type ByobRequest, type ReadableState } from './readable-state.ts';

let requestOf: (request: ReadableStreamBYOBRequest) => ByobRequest;
let stateOf: (controller: ReadableByteStreamController) => ReadableState;

/** @see https://streams.spec.whatwg.org/#rs-byob-request-class */
export class ReadableStreamBYOBRequest {
  #request: ByobRequest;

  static {
    requestOf = (request) => {
      if (!isObject(request) || !(#request in request)) throw illegalInvocation();
      return request.#request;
    };
  }

  constructor(token: unknown = undefined, request: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#request = request as ByobRequest;
  }

  get view(): Uint8Array | null {
    return requestOf(this).view;
  }

  /** Bytes that the read still waits for: Cloudflare's own. @see https://developers.cloudflare.com/workers/runtime-apis/streams/readablestreambyobrequest/ */
  get atLeast(): number | null {
    const request = requestOf(this);
    return request.stream === undefined ? null : request.atLeast;
  }

  respond(bytesWritten: unknown): void {
    const request = requestOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'respond' on 'ReadableStreamBYOBRequest'");
    const count = unsignedLongLongEnforceRange(bytesWritten, argument('respond', 'ReadableStreamBYOBRequest', 1));
    const stream = live(request);
    if (ArrayBufferPrototypeGetDetached(bufferOf(request.view as Uint8Array<ArrayBuffer>))) throw detached();
    respond(stream, count);
  }

  respondWithNewView(view: unknown): void {
    const request = requestOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'respondWithNewView' on 'ReadableStreamBYOBRequest'");
    const given = arrayBufferView(view, argument('respondWithNewView', 'ReadableStreamBYOBRequest', 1));
    const stream = live(request);
    if (ArrayBufferPrototypeGetDetached(bufferOf(given))) throw detached();
    respondWithNewView(stream, given);
  }
}

const detached = (): TypeError => new TypeErrorCtor('The buffer of the view has been detached.');

function live(request: ByobRequest): ReadableState {
  if (request.stream === undefined) throw new TypeErrorCtor('This BYOB request has been answered or invalidated.');
  return request.stream;
}

export class ReadableByteStreamController {
  #stream: ReadableState;

  static {
    stateOf = (controller) => {
      if (!isObject(controller) || !(#stream in controller)) throw illegalInvocation();
      return controller.#stream;
    };
  }

  constructor(token: unknown = undefined, stream: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    this.#stream = stream as ReadableState;
  }

  get byobRequest(): ReadableStreamBYOBRequest | null {
    const request = byobRequest(stateOf(this));
    if (request === undefined) return null;
    return (request.facade ??= new ReadableStreamBYOBRequest(INTERNAL, request)) as ReadableStreamBYOBRequest;
  }

  get desiredSize(): number | null {
    return desiredSize(stateOf(this));
  }

  close(): void {
    const stream = stateOf(this);
    if (!canCloseOrEnqueue(stream)) throw new TypeErrorCtor('The stream is not in a state that permits close.');
    closeBytes(stream);
  }

  enqueue(chunk: unknown): void {
    const stream = stateOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'enqueue' on 'ReadableByteStreamController'");
    const view = arrayBufferView(chunk, argument('enqueue', 'ReadableByteStreamController', 1));
    if (byteLengthOf(view) === 0 || ArrayBufferPrototypeGetByteLength(bufferOf(view)) === 0) throw new TypeErrorCtor('The chunk is empty.');
    if (!canCloseOrEnqueue(stream)) throw new TypeErrorCtor('The stream is not in a state that permits enqueue.');
    enqueueBytes(stream, view, true);
  }

  error(reason: unknown = undefined): void {
    errorReadable(stateOf(this), reason);
  }
}

defineInterface(ReadableStreamBYOBRequest, 'ReadableStreamBYOBRequest');
defineInterface(ReadableByteStreamController, 'ReadableByteStreamController');
