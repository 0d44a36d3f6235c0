/**
 * The answer to a fetch event, as the isolate gives it: at once, streamed, or passed on from a host body.
 *
 * Contract: the first answer counts; after a streamed head come chunks and one end; whatever else an
 * isolate sends is refused and harms only its own event.
 */
import { withFlatHeader } from '../base/flat-headers.ts';
import type { Responder } from '../ports/responder.ts';
import { BodyKind } from '../protocol/ops.ts';
import { bodyGone } from './body-errors.ts';
import { StreamBody } from './body-stream.ts';
import { OpError } from '../base/op-error.ts';
import type { EventState, OpContext } from './op.ts';

/** What may wait unacknowledged, beyond the chunk being written. */
const MOST_WAITING = 16 * 1024 * 1024;

/** One event's answer in progress. */
class Sink {
  readonly responder: Responder;
  state: 'open' | 'streaming' | 'done' = 'open';
  #waiting = 0;

  constructor(responder: Responder) {
    this.responder = responder;
  }

  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.state !== 'streaming') throw responseOver();
    if (this.#waiting > MOST_WAITING) {
      this.abort();
      throw new OpError('TypeError', 'Too much of the response body was written without waiting.');
    }
    const written = this.responder.write(chunk);
    if (written === undefined) return undefined;
    this.#waiting += chunk.byteLength;
    return written.finally(() => {
      this.#waiting -= chunk.byteLength;
    });
  }

  close(): void {
    if (this.state !== 'streaming') return;
    this.state = 'done';
    this.responder.end();
  }

  abort(): void {
    if (this.state !== 'streaming') return;
    this.state = 'done';
    this.responder.abort();
  }
}

const responseOver = (): OpError => new OpError('TypeError', 'The response body can no longer be sent: the response is over.');

/** The answer in progress of an event; throws OpError for events that are over or not answered over HTTP. */
export function sinkOf(event: EventState | undefined): Sink {
  if (event?.responder === undefined) throw responseOver();
  // Not in a WeakMap: what it has under a key counts for more than the key in a scavenge, and this leads back to the event.
  event.sink ??= new Sink(event.responder);
  return event.sink as Sink;
}

/** `Post.respond`. Throws OpError, answering nothing, when the arguments make no answer. */
export function respond(
  context: OpContext,
  event: unknown,
  status: unknown,
  statusText: unknown,
  headers: unknown,
  kind: unknown,
  body: unknown,
  encoded: unknown,
): void {
  const sink = sinkOf(context.event(event));
  if (sink.state !== 'open') throw responseOver();
  if (!Number.isInteger(status) || (status as number) < 100 || (status as number) > 999) throw new OpError('RangeError', 'Invalid response status.');
  if (typeof statusText !== 'string' || typeof headers !== 'string') throw new OpError('TypeError', 'Invalid response head.');
  const head = [status as number, statusText, headers] as const;
  const { responder } = sink;
  const isEncoded = encoded === 1;
  switch (kind) {
    case BodyKind.none:
      sink.state = 'done';
      responder.send(...head, undefined);
      return;
    case BodyKind.text:
    case BodyKind.bytes: {
      const data = body instanceof ArrayBuffer ? new Uint8Array(body) : body;
      if (typeof data !== 'string' && !(data instanceof Uint8Array)) throw new OpError('TypeError', 'Invalid response body.');
      sink.state = 'done';
      responder.send(...head, data, isEncoded);
      return;
    }
    case BodyKind.stream:
      sink.state = 'streaming';
      responder.start(...head, isEncoded, typeof body === 'string' ? body : undefined);
      return;
    case BodyKind.source: {
      const source = takeBody(context, body);
      sink.state = 'done';
      // The body outlives the event it came in: the client reads it at its own pace.
      source.disown();
      responder.pipe(head[0], head[1], withLength(head[2], source.length), source, isEncoded).catch(() => source.cancel());
      return;
    }
    default:
      throw new OpError('TypeError', 'Invalid response body.');
  }
}

/** As on Workers, a body of known length is announced with it, where the app has not said anything itself. */
function withLength(headers: string, length: number | undefined): string {
  if (length === undefined || LENGTH_HEADER.test(headers)) return headers;
  return withFlatHeader(headers, 'content-length', length);
}
/** As a name, not a value: names and values take turns, and values are on the lines of odd number. */
const LENGTH_HEADER = /^(?:[^\n]*\n[^\n]*\n)*(?:content-length|transfer-encoding)\n/i;

/** The body behind a handle, which is used up by this; throws OpError when there is none. */
export function takeBody(context: OpContext, handle: unknown): StreamBody {
  const body = context.handles.get(handle, StreamBody);
  if (body === undefined) throw bodyGone();
  context.handles.remove(handle);
  return body;
}
