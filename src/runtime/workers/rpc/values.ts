/**
 * Values on their way between isolates: a payload, and beside it what is no data.
 *
 * Contract: functions, RpcTargets and stubs travel by reference, byte streams chunk by chunk, Requests, Responses and
 * Headers as what they are; everything else as structured cloning has it, or not at all.
 */
import { BodyKind, Post, Request as RequestOp } from '../../../protocol/ops.ts';
import { MOST_PAYLOAD_BYTES, Passed } from '../../../protocol/rpc.ts';
import { currentEvent, nextNumber, postFor, requestFor } from '../../bridge.ts';
import { differs } from '../../compat.ts';
import { chunk, peek } from '../../link.ts';
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  ArrayPrototypeIncludes,
  ArrayPrototypePop,
  ArrayPrototypePush,
  ErrorCtor,
  JSONParse,
  ObjectGetPrototypeOf,
  ObjectPrototype,
  ReflectApply,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeEndsWith,
  SymbolToStringTag,
} from '../../primordials.ts';
import { asBytes, sourceBody, takeBody } from '../../web/body.ts';
import { kindOf } from '../../web/builtin-kind.ts';
import { DOMException, isDOMException } from '../../web/dom-exception.ts';
import type { ReadableStream } from '../../web/streams/readable-stream.ts';
import { isArrayBuffer, isObject } from '../../webidl.ts';
import { Held, heldAt, lend, takeBack } from './held.ts';
import {
  entrypointState,
  handleOf,
  isLoopback,
  isRpcTarget,
  isUnsettled,
  makeService,
  makeStub,
  requireStub,
  serviceState,
  type StubState,
  stubbable,
  stubOfHandle,
  stubState,
} from './kinds.ts';
import { plainText } from './plain.ts';
import { readSpecial, writeSpecial } from './special.ts';

/** A value that is ready to be sent. */
export type Message = {
  payload: string | Uint8Array<ArrayBuffer> | undefined;
  /** Passed and number, or a service's text, in turn. */
  pairs: (number | string)[];
  /** What the numbers stand for, for a receiver in this isolate. */
  objects: object[];
  /** Stubs in the value. */
  stubs: StubState[];
  /** To be called when it has been sent: streams start. */
  sent(): void;
  /** It will not be sent: what it lent comes back. */
  undo(): void;
};

/** What came beside a payload. */
export type Received = {
  pairs: unknown[];
  /** The stubs made of it. */
  stubs: StubState[];
  /** Where the sender is this isolate: its message. */
  local: Message | undefined;
};

/** What an external's number in the payload means: its position among the pairs, and beyond the kinds of Special. */
const STUB = 0;
const SERVICE = 1;
const STREAM = 2;

const nothing = (): void => undefined;

/** A message of data alone. */
export function messageOf(payload: Message['payload']): Message {
  return { payload, pairs: [], objects: [], stubs: [], sent: nothing, undo: nothing };
}

/** @param isGiven they are the arguments of a call @throws DataCloneError for what cannot be sent */
export function encode(value: unknown, isGiven = false): Message {
  if (typeof value === 'string' && value.length > MOST_PAYLOAD_BYTES) throw tooLarge(value.length);
  const text = plainText(value);
  if (text !== undefined && text.length > MOST_PAYLOAD_BYTES) throw tooLarge(text.length);
  if (text !== undefined || value === undefined) return messageOf(text);
  return new Encoder(isGiven).encode(value);
}

class Encoder {
  readonly #pairs: (number | string)[] = [];
  readonly #objects: object[] = [];
  readonly #stubs: StubState[] = [];
  readonly #lent: number[] = [];
  readonly #starts: (() => void)[] = [];
  /** Arguments are given, and stay the giver's: what has a way to be duplicated is. */
  readonly #isGiven: boolean;

  constructor(isGiven: boolean) {
    this.#isGiven = isGiven && !differs('rpc_params_dup_stubs');
  }

  encode(value: unknown): Message {
    const undo = (): void => {
      for (let i = 0; i < this.#lent.length; i++) takeBack(this.#lent[i] as number);
    };
    try {
      const payload = chunk('values').serialize(value, (object) => this.#replace(object));
      requireSize(payload);
      const sent = (): void => {
        for (let i = 0; i < this.#starts.length; i++) (this.#starts[i] as () => void)();
      };
      return { payload, pairs: this.#pairs, objects: this.#objects, stubs: this.#stubs, sent, undo };
    } catch (error) {
      undo();
      throw error;
    }
  }

  #pass(kind: number, number: number | string, object: object): number {
    ArrayPrototypePush(this.#pairs, kind, number);
    ArrayPrototypePush(this.#objects, object);
    return this.#objects.length - 1;
  }

  #lend(held: Held, object: object): number {
    const number = lend(held);
    ArrayPrototypePush(this.#lent, number);
    return this.#pass(Passed.target, number, object);
  }

  #replace(object: object): { kind: number; data: unknown } | undefined {
    const stub = stubState(object);
    if (stub !== undefined) {
      const to = requireStub(stub);
      ArrayPrototypePush(this.#stubs, stub);
      const handle = handleOf(to);
      if (handle !== undefined) return { kind: STUB, data: this.#pass(Passed.stub, handle, object) };
      to.add();
      return { kind: STUB, data: this.#lend(to as Held, object) };
    }
    const service = transferableService(object);
    if (service !== undefined) return { kind: SERVICE, data: this.#pass(Passed.service, service, object) };
    if (isUnsettled(object)) throw unserialisable(object);
    const ownAllowed = ObjectGetPrototypeOf(object) === ObjectPrototype ? undefined : stubbable(object);
    if (ownAllowed !== undefined) return { kind: STUB, data: this.#lend(new Held(this.#isGiven ? duplicateOf(object) : object, ownAllowed), object) };
    if (peek('streams')?.isReadableStream(object) === true) return { kind: STREAM, data: this.#stream(object as ReadableStream) };
    requireSize(object);
    const special = writeSpecial(object, (held) => this.#lend(held, object));
    if (special !== undefined) return special;
    requireData(object);
    return undefined;
  }

  #stream(stream: ReadableStream): number {
    const body = chunk('streams').bodyOfStream(stream, 'RPC');
    if (body?.kind === BodyKind.source) {
      takeBody(body);
      return this.#pass(Passed.source, body.value as number, stream);
    }
    const event = currentEvent();
    const number = nextNumber();
    ArrayPrototypePush(this.#starts, () => {
      chunk('streams').pump(stream, {
        write: (bytes) => requestFor(event, RequestOp.uploadWrite, number, bytes),
        close: () => postFor(event, Post.uploadClose, number),
        abort: (message) => postFor(event, Post.uploadAbort, number, message),
        refused: nothing,
      });
    });
    return this.#pass(Passed.stream, number, stream);
  }
}

/** workerd's rule, and its texts: stubs that are written in JavaScript are duplicated by their own method. */
const duplicateOf = (object: object): object => {
  const { dup } = object as { dup?: unknown };
  if (typeof dup !== 'function') return object;
  const made = ReflectApply(dup as () => unknown, object, []) as object;
  const isFunction = typeof object === 'function' && !isRpcTarget(object);
  if (isFunction ? typeof made === 'function' : isObject(made) && isRpcTarget(made)) return made;
  throw new DOMException(
    isFunction
      ? "Couldn't create a stub for the function because it has a dup() method which did not return another function. Either remove the dup() method or make sure it returns a function."
      : "Couldn't create a stub for the RcpTarget because it has a dup() method which did not return another RpcTarget. Either remove the dup() method or make sure it returns an RpcTarget.",
    'DataCloneError',
  );
};

/** Before they are copied, too: there may be no memory for that. @throws Error with Cloudflare's text */
const requireSize = (object: object): void => {
  const size = ArrayBufferIsView(object) ? asBytes(object).length : isArrayBuffer(object) ? ArrayBufferPrototypeGetByteLength(object) : 0;
  if (size > MOST_PAYLOAD_BYTES) throw tooLarge(size);
};

const tooLarge = (size: number): Error =>
  new ErrorCtor(`Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: ${size} bytes.`);

/** workerd's text. */
const NOT_TRANSFERABLE =
  'Entrypoints to dynamically-loaded workers cannot be transferred to other Workers, because the system does not know how to reload this Worker from scratch. Instead, have the parent Worker expose an entrypoint which constructs the dynamic worker and forwards to it.';

/** The service that an object is, as it is named to the host. @throws DataCloneError for one that cannot be given to others */
export function transferableService(object: object): number | string | undefined {
  if (entrypointState(object) !== undefined) throw new DOMException(NOT_TRANSFERABLE, 'DataCloneError');
  if (isLoopback(object)) throw cannotBeSent('LoopbackServiceStub');
  return serviceState(object)?.service;
}

/** @throws DataCloneError for an object with a life of its own */
export function requireData(object: object): void {
  if (ObjectGetPrototypeOf(object) === null || (kindOf(object) === undefined && !isDOMException(object))) throw unserialisable(object);
}

/** workerd's text. */
const cannotBeSent = (type: string): DOMException =>
  new DOMException(`Could not serialize object of type "${type}". This type does not support serialization.`, 'DataCloneError');

const unserialisable = (object: object): DOMException => {
  const name = typeNameOf(object);
  // V8's text for what it knows itself.
  if (ArrayPrototypeIncludes(OF_THE_LANGUAGE, name)) return new DOMException(`#<${name}> could not be cloned.`, 'DataCloneError');
  const tag = name === 'Object' ? tagOf(object) : undefined;
  if (tag !== undefined) return new DOMException(`[object ${tag}] could not be cloned.`, 'DataCloneError');
  return cannotBeSent(name);
};

/** Generators and iterators have no class, but a tag. */
const tagOf = (object: object): string | undefined => {
  for (let at: object | null = object; at !== null; at = ObjectGetPrototypeOf(at) as object | null) {
    const tag: unknown = ReflectGetOwnPropertyDescriptor(at, SymbolToStringTag)?.value;
    if (typeof tag === 'string' && (StringPrototypeEndsWith(tag, 'Generator') || StringPrototypeEndsWith(tag, ' Iterator'))) return tag;
  }
  return undefined;
};

const OF_THE_LANGUAGE = ['Promise', 'WeakMap', 'WeakSet', 'WeakRef'];

/** The name of an object's class. */
export const typeNameOf = (object: object): string => {
  for (let at: object | null = object; at !== null; at = ObjectGetPrototypeOf(at) as object | null) {
    const made: unknown = ReflectGetOwnPropertyDescriptor(at, 'constructor')?.value;
    const name: unknown = typeof made === 'function' ? ReflectGetOwnPropertyDescriptor(made, 'name')?.value : undefined;
    if (typeof name === 'string' && name !== '') return name;
  }
  return 'Object';
};

/** @throws DataCloneError for a payload that `encode` did not make */
export function decode(payload: unknown, received: Received): unknown {
  if (payload === undefined) return undefined;
  if (typeof payload === 'string') return JSONParse(payload);
  return chunk('values').deserialize(asBytes(payload as ArrayBuffer), (kind, data) => revive(kind, data, received));
}

const revive = (kind: number, data: unknown, received: Received): unknown => {
  if (kind === STUB || kind === SERVICE || kind === STREAM) return revivePassed(data as number, received);
  return readSpecial(kind, data, (position) => {
    const stub = revivePassed(position, received);
    // It goes with the object that is made of it, not with the call.
    ArrayPrototypePop(received.stubs);
    return stub;
  });
};

const revivePassed = (position: number, received: Received): object => {
  const { local } = received;
  if (local !== undefined) return reviveLocal(position, received, local);
  const number = received.pairs[position * 2 + 1] as number;
  switch (received.pairs[position * 2]) {
    case Passed.stub: {
      const stub = stubOfHandle(number);
      ArrayPrototypePush(received.stubs, stubState(stub) as StubState);
      return stub;
    }
    case Passed.service:
      return makeService(number);
    case Passed.source:
      return chunk('streams').openStream(sourceBody(number, undefined));
    default:
      throw new DOMException('Unable to deserialize cloned data.', 'DataCloneError');
  }
};

/** Within this isolate a stub is made of the object itself, and streams are the same. */
const reviveLocal = (position: number, received: Received, local: Message): object => {
  const object = local.objects[position] as object;
  const number = local.pairs[position * 2 + 1] as number;
  const kind = local.pairs[position * 2];
  if (kind !== Passed.target && kind !== Passed.stub) return object;
  const to = kind === Passed.target ? (heldAt(currentEvent(), number) as Held) : requireStub(stubState(object) as StubState);
  to.add();
  const stub = makeStub(to);
  ArrayPrototypePush(received.stubs, stubState(stub) as StubState);
  return stub;
};
