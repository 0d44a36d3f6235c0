/**
 * MessagePort and MessageChannel, within one isolate.
 *
 * What a port is to its partner is its end of the channel, a record that goes on to another port when
 * this one is transferred. Each message is a task: a timer of no delay, in the event that sent it, so
 * that it comes after what runs now and its promise reactions. A message whose event is over by then
 * is not delivered, as nothing of an event is. Outside all events, a microtask has to do.
 *
 * Departures: messages are deserialised when they are posted, so `messageerror` is never fired.
 *
 * @see https://html.spec.whatwg.org/#message-channels
 */
import {
  ArrayPrototypeFilter,
  ArrayPrototypeIndexOf,
  ArrayPrototypePush,
  ArrayPrototypeShift,
  ArrayPrototypeSplice,
  FunctionPrototypeCall,
  ObjectDefineProperty,
  PromisePrototypeThen,
  PromiseResolve,
  ReflectGetOwnPropertyDescriptor,
  SymbolIterator,
  TypeErrorCtor,
} from '../primordials.ts';
import { currentEvent } from '../bridge.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments, type Converter } from '../webidl.ts';
import { dictionary, sequence, sequenceFrom } from '../webidl-types.ts';
import { DOMException } from './dom-exception.ts';
import { defineEventHandler } from './event-handler.ts';
import { dispatchTrusted, EventTarget, fireEvent, hasListener } from './event-target.ts';
import { MessageEvent } from './message-event.ts';
import { cloneWithTransfer } from './structured-clone.ts';
import { registerTransferable } from './structured-clone-registry.ts';
import { startTimer } from './timers.ts';

/** Messages that wait at a port which has not started, or whose events are over: the oldest go first. */
const MAX_WAITING = 10_000;
const MAX_PUMPS = 1000;

/** `event` is the one that sent it; `ports` is undefined for the notice that the other end is closed. */
type Message = { event: number; data: unknown; ports: MessagePort[] | undefined };

/** One end of a channel. */
type End = {
  partner: End | undefined;
  port: MessagePort;
  queue: Message[];
  isStarted: boolean;
  /** The events in which a message is about to be delivered. */
  pumps: number[];
};

const INTERNAL = {};

const object: Converter<object> = (value, context) => {
  if (!isObject(value)) throw new TypeErrorCtor(`${context} is not an object.`);
  return value;
};
const objects = sequence(object);
const serializeOptions = dictionary<{ transfer: object[] }>('StructuredSerializeOptions', [{ key: 'transfer', converter: objects, defaultValue: () => [] }]);

/** The overloads of postMessage: a sequence, or a dictionary that holds one. */
function transferList(value: unknown): object[] {
  const context = argument('postMessage', 'MessagePort', 2);
  if (isObject(value)) {
    const method = (value as Record<symbol, unknown>)[SymbolIterator];
    if (method !== undefined && method !== null) {
      if (typeof method !== 'function') throw new TypeErrorCtor(`${context} is not iterable.`);
      return sequenceFrom(value, method as () => unknown, object, context);
    }
  }
  return serializeOptions(value, context).transfer;
}

let isBranded: (value: unknown) => value is MessagePort;
let endOf: (port: MessagePort) => End | undefined;
let replaceEnd: (port: MessagePort, end: End | undefined) => void;

export class MessagePort extends EventTarget {
  /** Undefined once the port is closed or transferred. */
  #end: End | undefined;

  static {
    isBranded = (value): value is MessagePort => isObject(value) && #end in value;
    endOf = (port) => port.#end;
    replaceEnd = (port, end) => {
      port.#end = end;
    };
  }

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
    super();
    this.#end = undefined;
  }

  /** @see https://html.spec.whatwg.org/#dom-messageport-postmessage */
  postMessage(message: unknown, options: unknown = undefined): void {
    if (!isObject(this) || !(#end in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'postMessage' on 'MessagePort'");
    const transfer = transferList(options);
    if (ArrayPrototypeIndexOf(transfer, this) >= 0) {
      throw new DOMException("Failed to execute 'postMessage' on 'MessagePort': The transfer list has the port itself.", 'DataCloneError');
    }
    const partner = this.#end?.partner;
    const ports = ArrayPrototypeFilter(transfer, isBranded);
    const isDoomed = partner !== undefined && ArrayPrototypeIndexOf(ports, partner.port) >= 0;
    // The ports stand beside the message, so that one walk finds their successors.
    const copy = cloneWithTransfer([message, ports], transfer) as [unknown, MessagePort[]];
    if (partner !== undefined && !isDoomed) enqueue(partner, { event: currentEvent(), data: copy[0], ports: copy[1] });
  }

  /** @see https://html.spec.whatwg.org/#dom-messageport-start */
  start(): void {
    if (!isObject(this) || !(#end in this)) throw illegalInvocation();
    const end = this.#end;
    if (end === undefined || end.isStarted) return;
    end.isStarted = true;
    const event = currentEvent();
    for (let i = 0; i < end.queue.length; i++) (end.queue[i] as Message).event = event;
    if (end.queue.length > 0) pumpLater(end, event);
  }

  /** @see https://html.spec.whatwg.org/#dom-messageport-close */
  close(): void {
    if (!isObject(this) || !(#end in this)) throw illegalInvocation();
    const end = this.#end;
    this.#end = undefined;
    if (end === undefined) return;
    const { partner } = end;
    end.partner = undefined;
    end.queue = [];
    if (partner === undefined) return;
    partner.partner = undefined;
    enqueue(partner, { event: currentEvent(), data: undefined, ports: undefined });
  }
}

function enqueue(end: End, message: Message): void {
  if (end.queue.length >= MAX_WAITING) ArrayPrototypeShift(end.queue);
  ArrayPrototypePush(end.queue, message);
  // The notice of the end is heard without start(), where nothing is before it.
  if (end.isStarted || message.ports === undefined) pumpLater(end, message.event);
}

/** Queues the task that delivers the next message of an event. */
function pumpLater(end: End, event: number): void {
  if (ArrayPrototypeIndexOf(end.pumps, event) >= 0) return;
  // Events that ended before their turn came leave their numbers behind.
  if (end.pumps.length >= MAX_PUMPS) ArrayPrototypeShift(end.pumps);
  ArrayPrototypePush(end.pumps, event);
  // Timers made in a timer's own turn have to wait for longer and longer; those made in a microtask do not.
  PromisePrototypeThen(PromiseResolve(undefined), () => {
    if (event === 0 || event !== currentEvent()) pump(end, event);
    else startTimer(() => pump(end, event), 0);
  });
}

function pump(end: End, event: number): void {
  const mine = ArrayPrototypeIndexOf(end.pumps, event);
  if (mine >= 0) ArrayPrototypeSplice(end.pumps, mine, 1);
  const { queue } = end;
  let at = 0;
  while (at < queue.length && (queue[at] as Message).event !== event) at++;
  const message = queue[at];
  if (message === undefined || (!end.isStarted && (message.ports !== undefined || at > 0))) return;
  ArrayPrototypeSplice(queue, at, 1);
  if (queue.length > at) pumpLater(end, event);
  const { port } = end;
  if (message.ports === undefined) {
    fireEvent(port, 'close');
  } else if (hasListener(port, 'message')) {
    dispatchTrusted(port, new MessageEvent('message', { __proto__: null, data: message.data, ports: message.ports }));
  }
}

const newPort = (end: End | undefined): MessagePort => {
  const port = new MessagePort(INTERNAL);
  replaceEnd(port, end);
  if (end !== undefined) end.port = port;
  return port;
};

/** Two ports that are each other's partner. */
export function entangledPorts(): [MessagePort, MessagePort] {
  const first = newPort(undefined);
  const second = newPort(undefined);
  const end = (port: MessagePort): End => ({ partner: undefined, port, queue: [], isStarted: false, pumps: [] });
  const one = end(first);
  const two = end(second);
  one.partner = two;
  two.partner = one;
  replaceEnd(first, one);
  replaceEnd(second, two);
  return [first, second];
}

const portOrNothing = (self: unknown): EventTarget | undefined => (isBranded(self) ? self : undefined);

defineInterface(MessagePort, 'MessagePort');
defineEventHandler(MessagePort.prototype, 'onclose', portOrNothing);
defineEventHandler(MessagePort.prototype, 'onmessage', portOrNothing);
defineEventHandler(MessagePort.prototype, 'onmessageerror', portOrNothing);

// Setting `onmessage` starts the port. @see https://html.spec.whatwg.org/#handler-messageeventtarget-onmessage
const plain = ReflectGetOwnPropertyDescriptor(MessagePort.prototype, 'onmessage') as {
  get: (this: unknown) => unknown;
  set: (this: unknown, value: unknown) => void;
};
const starting = {
  set onmessage(value: unknown) {
    FunctionPrototypeCall(plain.set as never, this, value);
    FunctionPrototypeCall(start as never, this);
  },
};
const { start } = MessagePort.prototype;
ObjectDefineProperty(MessagePort.prototype, 'onmessage', { set: ReflectGetOwnPropertyDescriptor(starting, 'onmessage')?.set as (value: unknown) => void });

registerTransferable(
  isBranded,
  (port) => endOf(port) === undefined,
  (port) => {
    const end = endOf(port) as End;
    replaceEnd(port, undefined);
    end.isStarted = false;
    return newPort(end);
  },
);
