/**
 * CustomEvent.
 * @see https://dom.spec.whatwg.org/#interface-customevent
 */
import { DOMString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { any } from '../webidl-types.ts';
import { Event, eventDictionary, eventState, initialise, requireEventType } from './event.ts';

const customEventInit = eventDictionary<{ detail: unknown }>('CustomEventInit', [{ key: 'detail', converter: any, defaultValue: () => null }]);

export class CustomEvent extends Event {
  #detail: unknown;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'CustomEvent');
    const name = DOMString(type, "Failed to construct 'CustomEvent': parameter 1");
    const given = customEventInit(init, "Failed to construct 'CustomEvent': parameter 2");
    super(name, given);
    this.#detail = given.detail;
  }

  get detail(): unknown {
    if (!isObject(this) || !(#detail in this)) throw illegalInvocation();
    return this.#detail;
  }

  /** @see https://dom.spec.whatwg.org/#dom-customevent-initcustomevent */
  initCustomEvent(type: unknown, bubbles: unknown = false, cancelable: unknown = false, detail: unknown = null): void {
    if (!isObject(this) || !(#detail in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, "Failed to execute 'initCustomEvent' on 'CustomEvent'");
    if (initialise(eventState(this), DOMString(type, argument('initCustomEvent', 'CustomEvent', 1)), !!bubbles, !!cancelable)) this.#detail = detail;
  }
}

defineInterface(CustomEvent, 'CustomEvent');
