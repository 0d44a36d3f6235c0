/**
 * ErrorEvent and PromiseRejectionEvent: what the global scope hears of exceptions nobody caught.
 * @see https://html.spec.whatwg.org/#the-errorevent-interface
 * @see https://html.spec.whatwg.org/#promiserejectionevent
 */
import { TypeErrorCtor } from '../primordials.ts';
import { DOMString, USVString, defineInterface, illegalInvocation, isObject } from '../webidl.ts';
import { any, unsignedLong } from '../webidl-types.ts';
import { Event, eventDictionary, requireEventType } from './event.ts';

type ErrorEventInit = { colno: number; error: unknown; filename: string; lineno: number; message: string };

const errorEventInit = eventDictionary<ErrorEventInit>('ErrorEventInit', [
  { key: 'colno', converter: unsignedLong, defaultValue: () => 0 },
  { key: 'error', converter: any },
  { key: 'filename', converter: USVString, defaultValue: () => '' },
  { key: 'lineno', converter: unsignedLong, defaultValue: () => 0 },
  { key: 'message', converter: DOMString, defaultValue: () => '' },
]);

export class ErrorEvent extends Event {
  #init: ErrorEventInit;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'ErrorEvent');
    const name = DOMString(type, "Failed to construct 'ErrorEvent': parameter 1");
    const given = errorEventInit(init, "Failed to construct 'ErrorEvent': parameter 2");
    super(name, given);
    this.#init = given;
  }

  static #of(self: unknown): ErrorEventInit {
    if (!isObject(self) || !(#init in self)) throw illegalInvocation();
    return self.#init;
  }

  get message(): string {
    return ErrorEvent.#of(this).message;
  }

  get filename(): string {
    return ErrorEvent.#of(this).filename;
  }

  get lineno(): number {
    return ErrorEvent.#of(this).lineno;
  }

  get colno(): number {
    return ErrorEvent.#of(this).colno;
  }

  get error(): unknown {
    return ErrorEvent.#of(this).error;
  }
}

type PromiseRejectionEventInit = { promise: object; reason: unknown };

const promiseRejectionEventInit = eventDictionary<PromiseRejectionEventInit>('PromiseRejectionEventInit', [
  {
    key: 'promise',
    required: true,
    converter: (value, context) => {
      if (!isObject(value)) throw new TypeErrorCtor(`${context} is not an object.`);
      return value;
    },
  },
  { key: 'reason', converter: any },
]);

export class PromiseRejectionEvent extends Event {
  #init: PromiseRejectionEventInit;

  constructor(type: unknown, init: unknown) {
    if (arguments.length < 2)
      throw new TypeErrorCtor(`Failed to construct 'PromiseRejectionEvent': 2 arguments required, but only ${arguments.length} present.`);
    const name = DOMString(type, "Failed to construct 'PromiseRejectionEvent': parameter 1");
    const given = promiseRejectionEventInit(init, "Failed to construct 'PromiseRejectionEvent': parameter 2");
    super(name, given);
    this.#init = given;
  }

  get promise(): object {
    if (!isObject(this) || !(#init in this)) throw illegalInvocation();
    return this.#init.promise;
  }

  get reason(): unknown {
    if (!isObject(this) || !(#init in this)) throw illegalInvocation();
    return this.#init.reason;
  }
}

defineInterface(ErrorEvent, 'ErrorEvent');
defineInterface(PromiseRejectionEvent, 'PromiseRejectionEvent');
