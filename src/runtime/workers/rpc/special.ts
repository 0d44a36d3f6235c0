/**
 * Web API objects on their way between isolates: Headers, Request, Response, WritableStream, Blob and AbortSignal, as what they are made of.
 * A body in memory travels with them; any other is a stream.
 */
import { BodyKind } from '../../../protocol/ops.ts';
import { differs } from '../../compat.ts';
import { chunk, peek } from '../../link.ts';
import { ArrayBufferIsView, ErrorCtor, JSONStringify, newDeferred, TypeErrorCtor } from '../../primordials.ts';
import type { AbortSignal } from '../../web/abort.ts';
import type { Blob } from '../../web/blob.ts';
import { DOMException } from '../../web/dom-exception.ts';
import { type Body, asBytes, bytesBody, isBodyUnusable, takeBody, textBody, unusableError } from '../../web/body.ts';
import { headersFromWire, headersToWire, isHeaders } from '../../web/headers.ts';
import { NO_SETTINGS, adoptRequest, isRequest, type RedirectMode, requestHeadersToWire, type RequestState, requestState, urlOf } from '../../web/request.ts';
import { adoptResponse, isResponse, newState, responseHeadersToWire, responseState } from '../../web/response.ts';
import type { ReadableStream } from '../../web/streams/readable-stream.ts';
import type { LentWritable } from '../../web/streams/lent-writable.ts';
import type { WritableStream } from '../../web/streams/writable-stream.ts';
import { Held } from './held.ts';

/** Numbers of externals in a payload; those below are values.ts's. */
const HEADERS = 3;
const REQUEST = 4;
const RESPONSE = 5;
const WRITABLE = 6;
const BLOB = 7;
const SIGNAL = 8;

type External = { kind: number; data: unknown };

/** What an object travels as; undefined where it is none of these. @param lend makes a number of what others may call */
export function writeSpecial(object: object, lend: (held: Held) => number): External | undefined {
  if (isHeaders(object)) return { kind: HEADERS, data: headersToWire(object) };
  if (isRequest(object)) {
    const state = requestState(object);
    const { method, redirect, body } = state;
    const cf = state.isRawCf ? state.cf : state.cf === undefined || state.cf === null ? undefined : JSONStringify(state.cf);
    return { kind: REQUEST, data: [method, urlOf(state), requestHeadersToWire(state), redirect, cf, bodyValue(body), signalOf(state)] };
  }
  if (isResponse(object)) {
    const state = responseState(object);
    if (state.webSocket !== null) throw new ErrorCtor('Response with a WebSocket cannot be serialized.');
    const { status, statusText, url, redirected, isEncoded, body, type } = state;
    return { kind: RESPONSE, data: [type, status, statusText, responseHeadersToWire(state), url, redirected, isEncoded, bodyValue(body)] };
  }
  if (peek('streams')?.isWritableStream(object) === true) {
    const lent = chunk('streams').lendWritable(object as WritableStream);
    return { kind: WRITABLE, data: lend(new Held(lent, true)) };
  }
  if (peek('forms')?.isBlob(object) === true && !chunk('forms').isFile(object)) {
    const { blobBytes, blobType } = chunk('forms');
    return { kind: BLOB, data: [blobType(object as Blob), blobBytes(object as Blob)] };
  }
  if (peek('events')?.isAbortSignal(object) === true) return { kind: SIGNAL, data: signalValue(object as AbortSignal, lend) };
  return undefined;
}

/** Whether it is aborted, and why; of one that may yet be, the number of what tells when it is. */
const signalValue = (signal: AbortSignal, lend: (held: Held) => number): unknown[] => {
  if (!differs('enable_abortsignal_rpc')) throw new DOMException('AbortSignal serialization is not enabled.', 'DataCloneError');
  const { addAbortAlgorithm, signalAborted, signalReason } = chunk('events');
  if (signalAborted(signal)) return [true, signalReason(signal)];
  const { promise, resolve } = newDeferred<unknown>();
  addAbortAlgorithm(signal, resolve);
  const wait: SignalSource = { aborted: () => promise };
  return [false, undefined, lend(new Held(wait, true))];
};

/** A request's own signal goes with it where signals can go at all. */
const signalOf = (state: RequestState): unknown => {
  return differs('enable_abortsignal_rpc') ? (state.follows ?? state.signal) : undefined;
};

/** What a signal is told by that it is aborted, over there. */
type SignalSource = { aborted: () => Promise<unknown> };

const signalFrom = (fields: readonly unknown[], passed: (position: number) => object): AbortSignal => {
  const { 0: isAborted, 1: reason, 2: position } = fields;
  const { createAbortSignal, signalAbort } = chunk('events');
  const signal = createAbortSignal();
  if (isAborted === true) signalAbort(signal, reason);
  else {
    const told = (passed(position as number) as SignalSource).aborted();
    const follow = async (): Promise<void> => {
      try {
        signalAbort(signal, await told);
      } catch {
        // The signal's event is over, and with it all that could have aborted it.
      }
    };
    void follow();
  }
  return signal;
};

/** The object again. @param passed the stub of that position among what came beside the payload, which is nobody else's */
export function readSpecial(kind: number, data: unknown, passed: (position: number) => object): object {
  const fields = data as unknown[];
  switch (kind) {
    case HEADERS:
      return headersFromWire(data as string, false);
    case REQUEST:
      return adoptRequest({
        method: fields[0] as string,
        url: fields[1] as string,
        isRawUrl: false,
        headers: fields[2] as string,
        isImmutable: false,
        redirect: fields[3] as RedirectMode,
        cf: fields[4],
        isRawCf: fields[4] !== undefined,
        body: bodyOf(fields[5]),
        settings: NO_SETTINGS,
        follows: fields[6] as AbortSignal | undefined,
        signal: undefined,
        event: 0,
      });
    case RESPONSE: {
      const state = newState(fields[3] as string, bodyOf(fields[7]));
      state.type = fields[0] as typeof state.type;
      state.status = fields[1] as number;
      state.statusText = fields[2] as string;
      state.url = fields[4] as string;
      state.redirected = fields[5] as boolean;
      state.isEncoded = fields[6] as boolean;
      return adoptResponse(state);
    }
    case BLOB:
      return chunk('forms').createBlob(asBytes(fields[1] as Uint8Array), fields[0] as string);
    case SIGNAL:
      return signalFrom(fields, passed);
    case WRITABLE:
      return writableOn(passed(data as number));
    default:
      throw new TypeErrorCtor('Unable to deserialize cloned data.');
  }
}

const bodyValue = (body: Body | null): unknown => {
  if (body === null) return null;
  if (isBodyUnusable(body)) throw unusableError(body);
  if (body.kind === BodyKind.text || body.kind === BodyKind.bytes) {
    const { value } = body;
    takeBody(body);
    return value;
  }
  // The stream passes as any other does, and a host body with it.
  const stream = chunk('streams').openStream(body);
  body.used = true;
  return stream;
};

const bodyOf = (value: unknown): Body | null => {
  if (value === null) return null;
  if (typeof value === 'string') return textBody(value, undefined);
  if (ArrayBufferIsView(value)) return bytesBody(asBytes(value) as Uint8Array<ArrayBuffer>, undefined);
  return chunk('streams').bodyOfStream(value as ReadableStream, 'RPC') ?? null;
};

/** A stream whose chunks are calls. */
const writableOn = (stub: object): object => {
  const remote = stub as LentWritable;
  return chunk('streams').createWritableStream({
    write: (bytes) => remote.write(bytes),
    close: () => remote.close(),
    abort: (reason) => remote.abort(reason),
  });
};
