/**
 * Event.
 *
 * Contract: an event's state is one record that `event-target.ts` works on while it dispatches;
 * nothing outside this folder sees it. There is no tree, so an event's path is its target alone.
 *
 * @see https://dom.spec.whatwg.org/#interface-event
 */
import { ArrayPrototypeConcat, ObjectDefineProperty, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';
import { type Converter, DOMString, argument, defineInterface, illegalInvocation, requireArguments } from '../webidl.ts';
import { boolean, defineConstants, dictionary, type Member } from '../webidl-types.ts';
import { relativeNow } from './clock.ts';

export type EventInit = { bubbles?: boolean; cancelable?: boolean; composed?: boolean };

export type EventState = {
  type: string;
  bubbles: boolean;
  cancelable: boolean;
  composed: boolean;
  target: object | null;
  currentTarget: object | null;
  phase: number;
  trusted: boolean;
  time: number;
  dispatching: boolean;
  stopped: boolean;
  stoppedNow: boolean;
  canceled: boolean;
  passive: boolean;
};

const optional = (key: string): Member<unknown> => ({ key, converter: boolean });

/** The members every event's dictionary starts with; a subclass's own members follow them. */
const EVENT_INIT: readonly Member<unknown>[] = [optional('bubbles'), optional('cancelable'), optional('composed')];
const eventInit = dictionary<EventInit>('EventInit', EVENT_INIT);

/** The dictionary of a subclass. Without spreading, which would read the array as the app may have it. */
export function eventDictionary<T extends object>(name: string, members: readonly Member<unknown>[]): Converter<T> {
  return dictionary<T>(name, ArrayPrototypeConcat(EVENT_INIT, members));
}

/** The arguments of an event's constructor, before its own dictionary. */
export function requireEventType(given: number, name: string): void {
  requireArguments(given, 1, `Failed to construct '${name}'`);
}

let stateOf: (event: Event) => EventState;
let hasBrand: (value: unknown) => value is Event;

export class Event {
  #state: EventState;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'Event');
    const name = DOMString(type, "Failed to construct 'Event': parameter 1");
    const given = eventInit(init, "Failed to construct 'Event': parameter 2");
    this.#state = {
      type: name,
      bubbles: given.bubbles === true,
      cancelable: given.cancelable === true,
      composed: given.composed === true,
      target: null,
      currentTarget: null,
      phase: 0,
      trusted: false,
      time: relativeNow(),
      dispatching: false,
      stopped: false,
      stoppedNow: false,
      canceled: false,
      passive: false,
    };
    ObjectDefineProperty(this, 'isTrusted', IS_TRUSTED);
  }

  static {
    hasBrand = (value): value is Event => typeof value === 'object' && value !== null && #state in value;
    stateOf = (event) => {
      if (!hasBrand(event)) throw illegalInvocation();
      return event.#state;
    };
  }

  get type(): string {
    return stateOf(this).type;
  }

  get target(): object | null {
    return stateOf(this).target;
  }

  get srcElement(): object | null {
    return stateOf(this).target;
  }

  get currentTarget(): object | null {
    return stateOf(this).currentTarget;
  }

  /** @see https://dom.spec.whatwg.org/#dom-event-composedpath */
  composedPath(): object[] {
    const { currentTarget } = stateOf(this);
    return currentTarget === null ? [] : [currentTarget];
  }

  get eventPhase(): number {
    return stateOf(this).phase;
  }

  stopPropagation(): void {
    stateOf(this).stopped = true;
  }

  get cancelBubble(): boolean {
    return stateOf(this).stopped;
  }

  set cancelBubble(value: unknown) {
    const state = stateOf(this);
    if (value) state.stopped = true;
  }

  stopImmediatePropagation(): void {
    const state = stateOf(this);
    state.stopped = true;
    state.stoppedNow = true;
  }

  get bubbles(): boolean {
    return stateOf(this).bubbles;
  }

  get cancelable(): boolean {
    return stateOf(this).cancelable;
  }

  get returnValue(): boolean {
    return !stateOf(this).canceled;
  }

  set returnValue(value: unknown) {
    const state = stateOf(this);
    if (!value) cancel(state);
  }

  preventDefault(): void {
    cancel(stateOf(this));
  }

  get defaultPrevented(): boolean {
    return stateOf(this).canceled;
  }

  get composed(): boolean {
    return stateOf(this).composed;
  }

  get timeStamp(): number {
    return stateOf(this).time;
  }

  initEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false): void {
    const state = stateOf(this);
    requireArguments(arguments.length, 1, "Failed to execute 'initEvent' on 'Event'");
    initialise(state, DOMString(type, argument('initEvent', 'Event', 1)), !!bubbles, !!cancelable);
  }
}

/** @see https://dom.spec.whatwg.org/#set-the-canceled-flag */
const cancel = (state: EventState): void => {
  if (state.cancelable && !state.passive) state.canceled = true;
};

/** Resets an event that is not being dispatched; false when it is. @see https://dom.spec.whatwg.org/#concept-event-initialize */
export function initialise(state: EventState, type: string, bubbles: boolean, cancelable: boolean): boolean {
  if (state.dispatching) return false;
  state.stopped = state.stoppedNow = state.canceled = state.trusted = false;
  state.target = null;
  state.type = type;
  state.bubbles = bubbles;
  state.cancelable = cancelable;
  return true;
}

/** The record behind an event; throws TypeError when the value is no Event. */
export const eventState = stateOf;

export const isEvent = hasBrand;

// [LegacyUnforgeable]: an own property of each event, with one getter for all.
const IS_TRUSTED = {
  ...ReflectGetOwnPropertyDescriptor(
    {
      get isTrusted(): boolean {
        return stateOf(this as unknown as Event).trusted;
      },
    },
    'isTrusted',
  ),
  configurable: false,
  enumerable: true,
};

defineInterface(Event, 'Event');
defineConstants(Event, { NONE: 0, CAPTURING_PHASE: 1, AT_TARGET: 2, BUBBLING_PHASE: 3 });
