/**
 * Event handler attributes: `onabort` and its kind.
 * @see https://html.spec.whatwg.org/#event-handler-attributes
 */
import {
  FunctionPrototypeCall,
  ObjectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  StringPrototypeSlice,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
} from '../primordials.ts';
import { illegalInvocation, isObject } from '../webidl.ts';
import type { Event } from './event.ts';
import { addListener, removeListener, type EventTarget, type Listener } from './event-target.ts';

type Handler = { value: object; listener: Listener };
type Handlers = Record<string, Handler | undefined>;

const handlersOf = new WeakMapCtor<EventTarget, Handlers>();

/**
 * Makes an event handler attribute on an interface's prototype. Call after `defineInterface`.
 * @param name with its "on"; the rest is the event's type
 * @param toTarget the target that holds the listeners, undefined when the receiver is not of the interface
 */
export function defineEventHandler(prototype: object, name: string, toTarget: (self: unknown) => EventTarget | undefined): void {
  const targetOf = (self: unknown): EventTarget => {
    const target = toTarget(self);
    if (target === undefined) throw illegalInvocation();
    return target;
  };
  // An accessor in an object literal, for the names "get onabort" and "set onabort" and for not being constructors.
  const accessor = {
    get [name](): unknown {
      return WeakMapPrototypeGet(handlersOf, targetOf(this))?.[name]?.value ?? null;
    },
    set [name](value: unknown) {
      const target = targetOf(this);
      let handlers = WeakMapPrototypeGet(handlersOf, target);
      if (handlers === undefined) WeakMapPrototypeSet(handlersOf, target, (handlers = { __proto__: null } as unknown as Handlers));
      const handler = handlers[name];
      if (!isObject(value)) {
        if (handler !== undefined) removeListener(target, handler.listener);
        handlers[name] = undefined;
      } else if (handler !== undefined) handler.value = value;
      else {
        const added: Handler = { value, listener: listenerFor(StringPrototypeSlice(name, 2), () => added.value) };
        handlers[name] = added;
        addListener(target, added.listener);
      }
    },
  };
  const descriptor = ReflectGetOwnPropertyDescriptor(accessor, name) as PropertyDescriptor;
  ObjectDefineProperty(prototype, name, descriptor);
}

/** https://html.spec.whatwg.org/#the-event-handler-processing-algorithm: a handler that returns false cancels the event. */
const listenerFor = (type: string, current: () => object): Listener => ({
  type,
  callback: function (this: unknown, event: Event): void {
    const handler = current();
    if (typeof handler === 'function' && FunctionPrototypeCall(handler as never, this, event) === false) event.preventDefault();
  },
  capture: false,
  once: false,
  passive: false,
  removed: false,
});
