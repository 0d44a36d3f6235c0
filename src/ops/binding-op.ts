/**
 * The op behind every binding of env: finds the binding by its number among the app's own, and lets it answer.
 *
 * Contract: a number means something to the app that has the binding, and to nobody else; what a call has open
 * ends with its event.
 */
import { Readable } from 'node:stream';
import { OpError } from '../base/op-error.ts';
import type { Caller } from '../bindings/binding.ts';
import { Request } from '../protocol/ops.ts';
import { adoptBody, type BodyArgument, openBody } from './body-argument.ts';
import { StreamBody } from './body-stream.ts';
import { uploadsOf } from './body-upload.ts';
import type { EventState, OpContext, RequestOp } from './op.ts';

class BindingCaller implements Caller {
  readonly #context: OpContext;
  readonly #event: EventState;
  readonly #call: number;
  #taken: BodyArgument | undefined;
  #forget: (() => void) | undefined;

  constructor(context: OpContext, event: EventState, call: number) {
    this.#context = context;
    this.#event = event;
    this.#call = call;
  }

  get requestId(): string {
    return this.#event.requestId;
  }

  get signal(): AbortSignal {
    return this.#event.signal;
  }

  takeBody(kind: unknown, value: unknown, length: unknown): { body: BodyArgument['body']; length: number | undefined } {
    if (this.#taken !== undefined) throw new OpError('TypeError', 'A call brings one body.');
    this.#taken = openBody(this.#context, this.#call, kind, value, length);
    // The rest of it can only come from the event.
    const { upload } = this.#taken;
    if (upload !== undefined) this.#forget = this.#event.atEnd(() => upload.abort());
    return { body: this.#taken.body, length: this.#taken.length };
  }

  giveBody(body: Readable | Uint8Array, length?: number): number {
    const stream = body instanceof Uint8Array ? Readable.from([body], { objectMode: false }) : body;
    const source = new StreamBody(stream, { length: length ?? (body instanceof Uint8Array ? body.length : undefined), held: Number.POSITIVE_INFINITY });
    // A body that nobody wants is cancelled, which destroys the stream; one that was passed on lives.
    return adoptBody(this.#context, this.#event, source);
  }

  /** The call is over: so is what it was sent. */
  end(): void {
    this.#forget?.();
    if (this.#taken?.upload === undefined) return;
    uploadsOf(this.#context.handles).delete(this.#call);
    this.#taken.upload.destroy();
  }
}

const binding: RequestOp = async (context, eventId, call, index, method, ...args) => {
  const event = context.event(eventId);
  if (event === undefined) throw new OpError('TypeError', 'A binding needs an event to be called in, and this one is over.');
  // A name would find what every array has.
  const target = Number.isSafeInteger(index) ? context.binding(index) : undefined;
  if (target === undefined || typeof method !== 'string') throw new OpError('TypeError', 'Invalid binding.');
  event.countBindingCall();
  const caller = new BindingCaller(context, event, call);
  try {
    return await target.call(method, args, caller);
  } finally {
    caller.end();
  }
};

export const bindingRequests: Readonly<Record<number, RequestOp>> = { [Request.binding]: binding };
