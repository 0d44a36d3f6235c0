/**
 * BroadcastChannel, within one isolate.
 *
 * A channel belongs to the event that made it and is closed with it, or, made outside all events, lasts as long as the
 * isolate. Each delivery is a task in the event that sent the message.
 *
 * Departures: an app may have several isolates, which do not hear each other. Messages are deserialised when they are
 * posted, so `messageerror` is never fired. There is no origin: `event.origin` is empty.
 *
 * @see https://html.spec.whatwg.org/#broadcasting-to-other-browsing-contexts
 */
import { ArrayPrototypeIndexOf, ArrayPrototypePush, ArrayPrototypeSplice, ObjectSetPrototypeOf } from '../primordials.ts';
import { currentEvent } from '../bridge.ts';
import { DOMString, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { DOMException } from './dom-exception.ts';
import { defineEventHandler } from './event-handler.ts';
import { EventTarget, dispatchTrusted, hasListener } from './event-target.ts';
import { MessageEvent } from './message-event.ts';
import { structuredClone } from './structured-clone.ts';
import { queueTask } from './timers.ts';

type State = { channel: BroadcastChannel; name: string; event: number; isClosed: boolean };

/** Open channels, oldest first. */
const open: State[] = [];

let stateOf: (value: unknown) => State;
let hasBrand: (value: unknown) => value is BroadcastChannel;

export class BroadcastChannel extends EventTarget {
  #state: State;

  constructor(name: unknown) {
    requireArguments(arguments.length, 1, "Failed to construct 'BroadcastChannel'");
    const text = DOMString(name, "Failed to construct 'BroadcastChannel': parameter 1");
    super();
    this.#state = { channel: this, name: text, event: currentEvent(), isClosed: false };
    ArrayPrototypePush(open, this.#state);
  }

  static {
    hasBrand = (value): value is BroadcastChannel => isObject(value) && #state in value;
    stateOf = (value) => {
      if (!hasBrand(value)) throw illegalInvocation();
      return value.#state;
    };
  }

  get name(): string {
    return stateOf(this).name;
  }

  postMessage(message: unknown): void {
    const state = stateOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'postMessage' on 'BroadcastChannel'");
    if (state.isClosed) throw new DOMException("Failed to execute 'postMessage' on 'BroadcastChannel': Channel is closed", 'InvalidStateError');
    const sent = structuredClone(message);
    // Cloning runs the app's code, which may open and close channels.
    for (let i = 0; i < open.length; i++) {
      const to = open[i] as State;
      if (to !== state && to.name === state.name) queueTask(() => deliver(to, sent));
    }
  }

  close(): void {
    close(stateOf(this));
  }
}

function deliver(to: State, sent: unknown): void {
  const { channel } = to;
  if (to.isClosed || !hasListener(channel, 'message')) return;
  dispatchTrusted(channel, new MessageEvent('message', { __proto__: null, data: structuredClone(sent) }));
}

function close(state: State): void {
  state.isClosed = true;
  const at = ArrayPrototypeIndexOf(open, state);
  if (at >= 0) ArrayPrototypeSplice(open, at, 1);
}

/** The event is over, and so are its channels. */
export function dropChannels(event: number): void {
  for (let i = open.length - 1; i >= 0; i--) if ((open[i] as State).event === event) close(open[i] as State);
}

defineInterface(BroadcastChannel, 'BroadcastChannel');
ObjectSetPrototypeOf(BroadcastChannel, EventTarget);
const target = (self: unknown): EventTarget | undefined => (hasBrand(self) ? self : undefined);
defineEventHandler(BroadcastChannel.prototype, 'onmessage', target);
defineEventHandler(BroadcastChannel.prototype, 'onmessageerror', target);
