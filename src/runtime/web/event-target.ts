/**
 * EventTarget and the dispatch of events.
 *
 * Contract: a target's listeners cost nothing until the first is added. A listener that throws is
 * reported and never disturbs another listener or the caller. There is no tree: the path is the
 * target alone, its capturing listeners before the others.
 *
 * @see https://dom.spec.whatwg.org/#interface-eventtarget
 */
import { ArrayPrototypePush, ArrayPrototypeSlice, ArrayPrototypeSplice, FunctionPrototypeCall, TypeErrorCtor } from '../primordials.ts';
import { DOMString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { interfaceOf } from '../webidl-types.ts';
import { DOMException } from './dom-exception.ts';
import { Event, eventState, isEvent, type EventInit, type EventState } from './event.ts';
import { reportException } from './report-error.ts';

/** What `event-target.ts` needs of an AbortSignal; given by `abort.ts`, which depends on this file. */
export type SignalHooks = { isSignal: (value: unknown) => boolean; isAborted: (signal: object) => boolean; onAbort: (signal: object, f: () => void) => void };

export type Listener = { type: string; callback: object; capture: boolean; once: boolean; passive: boolean; removed: boolean };

let signals: SignalHooks | undefined;
let listenersOf: (target: EventTarget) => Listener[] | undefined;
let isBranded: (value: unknown) => value is EventTarget;
let globalObject: object | undefined;
let globalTarget: EventTarget | undefined;
/** Dispatches under way. While there are any, lists are replaced and not changed: what is being walked stays as it was. */
let dispatching = 0;
/** The dispatch that ends with the first listener that throws, and what that threw. */
type Guard = { state: EventState; failure: { error: unknown } | undefined };
let guard: Guard | undefined;
let watched: ((target: EventTarget) => void) | undefined;

/** Adds a listener unless an equal one is there; true when it was added. */
export let addListener: (target: EventTarget, listener: Listener) => boolean;

/** Takes a listener out, also from a dispatch under way. */
export let removeListener: (target: EventTarget, listener: Listener) => void;

const toEvent = interfaceOf<Event>('Event', isEvent);

export class EventTarget {
  #listeners: Listener[] | undefined = undefined;

  static {
    isBranded = (value): value is EventTarget => typeof value === 'object' && value !== null && #listeners in value;
    listenersOf = (target) => target.#listeners;
  }

  /** @see https://dom.spec.whatwg.org/#dom-eventtarget-addeventlistener */
  addEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    const target = receiver(this);
    requireArguments(arguments.length, 2, "Failed to execute 'addEventListener' on 'EventTarget'");
    const listener = toListener('addEventListener', type, callback);
    let signal: object | undefined;
    if (isObject(options)) {
      // Web IDL reads members in lexicographical order, those of the inherited dictionary first.
      const given = options as { capture?: unknown; once?: unknown; passive?: unknown; signal?: unknown };
      listener.capture = !!given.capture;
      listener.once = !!given.once;
      listener.passive = !!given.passive;
      const candidate = given.signal;
      if (candidate !== undefined) {
        if (!signals?.isSignal(candidate))
          throw new TypeErrorCtor(`${argument('addEventListener', 'EventTarget', 3)}: member signal is not of type 'AbortSignal'.`);
        signal = candidate as object;
      }
    } else listener.capture = !!options;
    // https://dom.spec.whatwg.org/#add-an-event-listener
    if (signal !== undefined && signals?.isAborted(signal)) return;
    if (callback === null || callback === undefined) return;
    if (!addListener(target, listener)) return;
    if (signal !== undefined) signals?.onAbort(signal, () => removeListener(target, listener));
  }

  /** @see https://dom.spec.whatwg.org/#dom-eventtarget-removeeventlistener */
  removeEventListener(type: unknown, callback: unknown, options: unknown = undefined): void {
    const target = receiver(this);
    requireArguments(arguments.length, 2, "Failed to execute 'removeEventListener' on 'EventTarget'");
    const wanted = toListener('removeEventListener', type, callback);
    wanted.capture = isObject(options) ? !!(options as { capture?: unknown }).capture : !!options;
    const list = target.#listeners;
    const at = list === undefined ? -1 : indexOfListener(list, wanted);
    if (at >= 0) removeListener(target, (list as Listener[])[at] as Listener);
  }

  /** @see https://dom.spec.whatwg.org/#dom-eventtarget-dispatchevent */
  dispatchEvent(event: unknown): boolean {
    const target = receiver(this);
    requireArguments(arguments.length, 1, "Failed to execute 'dispatchEvent' on 'EventTarget'");
    const given = toEvent(event, argument('dispatchEvent', 'EventTarget', 1));
    const state = eventState(given);
    if (state.dispatching)
      throw new DOMException("Failed to execute 'dispatchEvent' on 'EventTarget': The event is already being dispatched.", 'InvalidStateError');
    state.trusted = false;
    return dispatch(target, given, state);
  }

  static {
    addListener = (target, listener) => {
      let list = (target.#listeners ??= []);
      if (indexOfListener(list, listener) >= 0) return false;
      if (dispatching > 0) list = target.#listeners = ArrayPrototypeSlice(list);
      ArrayPrototypePush(list, listener);
      watched?.(target);
      return true;
    };
    removeListener = (target, listener) => {
      if (listener.removed) return;
      listener.removed = true;
      let list = target.#listeners as Listener[];
      if (dispatching > 0) list = target.#listeners = ArrayPrototypeSlice(list);
      for (let i = 0; i < list.length; i++) if (list[i] === listener) ArrayPrototypeSplice(list, i, 1);
      watched?.(target);
    };
  }
}

const toListener = (operation: string, type: unknown, callback: unknown): Listener => {
  const name = DOMString(type, argument(operation, 'EventTarget', 1));
  if (callback !== null && callback !== undefined && !isObject(callback))
    throw new TypeErrorCtor(`${argument(operation, 'EventTarget', 2)} is not of type 'Object'.`);
  return { type: name, callback: callback as object, capture: false, once: false, passive: false, removed: false };
};

const indexOfListener = (list: Listener[], wanted: Listener): number => {
  for (let i = 0; i < list.length; i++) {
    const it = list[i] as Listener;
    if (it.callback === wanted.callback && it.capture === wanted.capture && it.type === wanted.type) return i;
  }
  return -1;
};

/** Methods of the global scope are called with no receiver or with the global object itself. */
const receiver = (self: unknown): EventTarget => {
  if (isBranded(self)) return self;
  if (globalTarget !== undefined && (self === undefined || self === null || self === globalObject)) return globalTarget;
  throw illegalInvocation();
};

/** https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke, for one phase */
const invoke = (event: Event, state: EventState, self: object, target: EventTarget, capture: boolean): void => {
  // Listeners added meanwhile do not run, for this list stays as it is; those removed meanwhile carry their mark.
  const list = listenersOf(target) as Listener[];
  for (let i = 0; i < list.length; i++) {
    const listener = list[i] as Listener;
    if (listener.removed || listener.capture !== capture || listener.type !== state.type) continue;
    if (listener.once) removeListener(target, listener);
    state.passive = listener.passive;
    try {
      const { callback } = listener;
      if (typeof callback === 'function') FunctionPrototypeCall(callback as never, self, event);
      else {
        const handle = (callback as { handleEvent?: unknown }).handleEvent;
        if (typeof handle !== 'function') throw new TypeErrorCtor("The event listener's 'handleEvent' property is not a function.");
        FunctionPrototypeCall(handle as never, callback, event);
      }
    } catch (error) {
      reportException(error);
      if (guard?.state === state) {
        guard.failure = { error };
        state.stopped = state.stoppedNow = true;
      }
    }
    state.passive = false;
    if (state.stoppedNow) return;
  }
};

/** @see https://dom.spec.whatwg.org/#concept-event-dispatch */
const dispatch = (target: EventTarget, event: Event, state: EventState): boolean => {
  const self = target === globalTarget ? (globalObject as object) : target;
  state.target = self;
  const list = listenersOf(target);
  if (list !== undefined && list.length > 0 && !state.stopped) {
    state.dispatching = true;
    state.currentTarget = self;
    state.phase = 2;
    dispatching++;
    try {
      invoke(event, state, self, target, true);
      if (!state.stopped) invoke(event, state, self, target, false);
    } finally {
      dispatching--;
      state.dispatching = false;
      state.currentTarget = null;
      state.phase = 0;
    }
  }
  state.stopped = state.stoppedNow = false;
  return !state.canceled;
};

/** Has the target a listener for this type of event? Lets callers skip making an event nobody sees. */
export function hasListener(target: EventTarget, type: string): boolean {
  const list = listenersOf(target);
  if (list !== undefined) for (let i = 0; i < list.length; i++) if ((list[i] as Listener).type === type) return true;
  return false;
}

/** Dispatches an event of the runtime's own making (isTrusted); false when a listener cancelled it. */
export function dispatchTrusted(target: EventTarget, event: Event): boolean {
  const state = eventState(event);
  state.trusted = true;
  return dispatch(target, event, state);
}

/** As `dispatchTrusted`, but the first listener that throws is the last that runs. @returns what it threw, which has been reported */
export function dispatchGuarded(target: EventTarget, event: Event): { error: unknown } | undefined {
  const outer = guard;
  const own: Guard = { state: eventState(event), failure: undefined };
  guard = own;
  try {
    dispatchTrusted(target, event);
  } finally {
    guard = outer;
  }
  return own.failure;
}

/** Fires a plain trusted event. @see https://dom.spec.whatwg.org/#concept-event-fire */
export function fireEvent(target: EventTarget, type: string, init?: EventInit): boolean {
  return hasListener(target, type) ? dispatchTrusted(target, new Event(type, init)) : true;
}

/** Lets `addEventListener({ signal })` know AbortSignal, and AbortSignal know when it is listened to. */
export function connectSignals(hooks: SignalHooks, onChange: (target: EventTarget) => void): void {
  signals = hooks;
  watched = onChange;
}

/** Makes the global object an event target; returns the target that stands for it. */
export function setGlobalTarget(global: object): EventTarget {
  globalObject = global;
  return (globalTarget = new EventTarget());
}

/** The target that a method on the global scope or on a target works on. */
export const targetOf = receiver;

defineInterface(EventTarget, 'EventTarget');
