/**
 * The global scope as a table: every name a Worker finds there, and how it is defined.
 *
 * Nothing else installs globals. Interfaces are not enumerable, operations and attributes are, as
 * Web IDL says. @see https://webidl.spec.whatwg.org/#define-the-global-property-references
 */
import { AbortController, AbortSignal } from './web/abort.ts';
import { atob, btoa } from './web/base64.ts';
import { Blob } from './web/blob.ts';
import { console } from './web/console.ts';
import { CryptoKey } from './web/crypto/crypto-key.ts';
import { Crypto, crypto } from './web/crypto/crypto.ts';
import { QuotaExceededError } from './web/crypto/quota-exceeded-error.ts';
import { SubtleCrypto } from './web/crypto/subtle.ts';
import { CustomEvent } from './web/custom-event.ts';
import { DOMException } from './web/dom-exception.ts';
import { TextDecoder } from './web/encoding/text-decoder.ts';
import { TextDecoderStream } from './web/encoding/text-decoder-stream.ts';
import { TextEncoder } from './web/encoding/text-encoder.ts';
import { TextEncoderStream } from './web/encoding/text-encoder-stream.ts';
import { ErrorEvent, PromiseRejectionEvent } from './web/error-event.ts';
import { Event } from './web/event.ts';
import { EventTarget } from './web/event-target.ts';
import { fetch } from './web/fetch.ts';
import { File } from './web/file.ts';
import { FormData } from './web/form-data.ts';
import { Headers } from './web/headers.ts';
import { CloseEvent, MessageEvent } from './web/message-event.ts';
import { Navigator, navigator } from './web/navigator.ts';
import { Performance, performance } from './web/performance.ts';
import { reportError } from './web/report-error.ts';
import { Request } from './web/request.ts';
import { Response } from './web/response.ts';
import { Scheduler, scheduler } from './web/scheduler.ts';
import { ReadableStreamBYOBReader } from './web/streams/byob-reader.ts';
import { ReadableByteStreamController, ReadableStreamBYOBRequest } from './web/streams/byte-controller.ts';
import { ReadableStreamDefaultController } from './web/streams/default-controller.ts';
import { FixedLengthStream, IdentityTransformStream } from './web/streams/identity-transform-stream.ts';
import { ReadableStreamDefaultReader } from './web/streams/default-reader.ts';
import { ReadableStream } from './web/streams/readable-stream.ts';
import { ByteLengthQueuingStrategy, CountQueuingStrategy } from './web/streams/strategies.ts';
import { TransformStream, TransformStreamDefaultController } from './web/streams/transform-stream.ts';
import { WritableStream, WritableStreamDefaultController, WritableStreamDefaultWriter } from './web/streams/writable-stream.ts';
import { structuredClone } from './web/structured-clone.ts';
import { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout } from './web/timers.ts';
import { URL } from './web/url/url.ts';
import { URLSearchParams } from './web/url/search-params.ts';
import { ExtendableEvent, FetchEvent, ScheduledEvent } from './workers/service-worker.ts';

const interfaces = {
  AbortController,
  AbortSignal,
  Blob,
  ByteLengthQueuingStrategy,
  CloseEvent,
  CountQueuingStrategy,
  Crypto,
  CryptoKey,
  CustomEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  ExtendableEvent,
  FetchEvent,
  File,
  FixedLengthStream,
  FormData,
  Headers,
  IdentityTransformStream,
  MessageEvent,
  Navigator,
  Performance,
  PromiseRejectionEvent,
  QuotaExceededError,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  Request,
  Response,
  ScheduledEvent,
  Scheduler,
  SubtleCrypto,
  TextDecoder,
  TextDecoderStream,
  TextEncoder,
  TextEncoderStream,
  TransformStream,
  TransformStreamDefaultController,
  URL,
  URLSearchParams,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
};

const operations = { atob, btoa, clearInterval, clearTimeout, fetch, queueMicrotask, reportError, setInterval, setTimeout, structuredClone };

const attributes = { crypto, navigator, performance, scheduler };

const define = (table: Record<string, unknown>, enumerable: boolean): [string, PropertyDescriptor][] =>
  Object.entries(table).map(([name, value]) => [name, { value, enumerable, writable: true, configurable: true }]);

/** Name and property descriptor of every global. */
export const globals: readonly [name: string, descriptor: PropertyDescriptor][] = [
  ...define(interfaces, false),
  ...define(operations, true),
  ...define(attributes, true),
  ...define({ console }, false),
  ...define({ self: globalThis }, true),
];
