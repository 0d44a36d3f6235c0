/**
 * What goes with a payload and is no data: translated from what its numbers mean to the sender to what they mean to the receiver.
 *
 * Contract: a number is looked up among what the sending event has, so that none can be forged or used twice; what was
 * taken from the sender is given to a receiver or dropped.
 */
import { OpError } from '../../base/op-error.ts';
import { MOST_PASSED, MOST_PAYLOAD_BYTES, Passed } from '../../protocol/rpc.ts';
import { adoptBody } from '../body-argument.ts';
import { takeBody } from '../body-sink.ts';
import { StreamBody } from '../body-stream.ts';
import { Upload, uploadsOf } from '../body-upload.ts';
import type { Place } from '../op.ts';
import { GivenService, giveService, serviceAt, transferable } from '../service-target.ts';
import type { Payload } from './calls.ts';
import { Capability, giveStub, stubAt } from './capability.ts';

/** On its way: a reference to a capability, a service, or a body. */
export type PassedThing = Capability | GivenService | StreamBody;

/** @throws OpError for what is no payload, or too much of one */
export function readPayload(value: unknown): Payload {
  const payload = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (payload === undefined) return undefined;
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) throw new OpError('TypeError', 'Invalid RPC payload.');
  const size = typeof payload === 'string' ? payload.length : payload.byteLength;
  if (size > MOST_PAYLOAD_BYTES) {
    throw new OpError('Error', `Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: ${size} bytes.`);
  }
  return payload;
}

/** Takes what a payload brings from its sender. @throws OpError, having taken nothing, for what the sender does not have */
export function takePassed(from: Place, pairs: readonly unknown[], isAnswer: boolean): PassedThing[] {
  if (pairs.length > MOST_PASSED * 2 || pairs.length % 2 !== 0) throw new OpError('Error', 'Too many streams and stubs in one message.');
  const things: PassedThing[] = [];
  try {
    for (let i = 0; i < pairs.length; i += 2) things.push(take(from, pairs[i], pairs[i + 1], isAnswer));
  } catch (error) {
    dropPassed(things);
    throw error;
  }
  return things;
}

function take(from: Place, kind: unknown, number: unknown, isAnswer: boolean): PassedThing {
  const { context, event } = from;
  switch (kind) {
    case Passed.target:
      return new Capability(from, number, isAnswer);
    case Passed.stub: {
      const { capability } = stubAt(context, event, number);
      capability.add();
      return capability;
    }
    case Passed.service:
      return new GivenService(transferable(serviceAt(from, number)));
    case Passed.stream:
      return takeStream(from, number, isAnswer);
    case Passed.source: {
      const body = takeBody(context, number);
      body.disown();
      return body;
    }
    default:
      throw new OpError('TypeError', 'Invalid RPC payload.');
  }
}

/** workerd's text. */
const disconnected = (): OpError => new OpError('Error', 'ReadableStream received over RPC disconnected prematurely.');

/** A stream of the sender's, which stays until it is sent or nobody wants it any more. */
function takeStream({ context, event }: Place, number: unknown, isAnswer: boolean): StreamBody {
  const uploads = uploadsOf(context.handles);
  if (!Number.isSafeInteger(number) || number === 0 || uploads.get(number) !== undefined) throw new OpError('TypeError', 'Invalid RPC payload.');
  const upload = new Upload(disconnected);
  uploads.set(number as number, upload);
  const release = event.lend(isAnswer);
  const untie = event.atEnd(() => upload.abort());
  upload.once('close', () => {
    uploads.delete(number as number);
    untie();
    release();
  });
  return new StreamBody(upload);
}

/** Gives a receiver what came with a payload, as pairs of its own numbers. */
export function givePassed(to: Place, things: readonly PassedThing[]): number[] {
  const { context, event } = to;
  const pairs: number[] = [];
  for (const thing of things) {
    if (thing instanceof Capability) pairs.push(Passed.stub, giveStub(context, event, thing));
    else if (thing instanceof StreamBody) pairs.push(Passed.source, adoptBody(context, event, thing));
    else pairs.push(Passed.service, giveService(context, event, thing.target));
  }
  return pairs;
}

/** Nobody gets it. */
export function dropPassed(things: readonly PassedThing[]): void {
  for (const thing of things) {
    if (thing instanceof Capability) thing.drop();
    else if (thing instanceof StreamBody) thing.cancel();
  }
}
