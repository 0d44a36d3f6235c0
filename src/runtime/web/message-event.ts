/**
 * MessageEvent and CloseEvent: what a WebSocket and a MessagePort say.
 * @see https://html.spec.whatwg.org/#the-messageevent-interface
 * @see https://websockets.spec.whatwg.org/#the-closeevent-interface
 */
import { ObjectFreeze, TypeErrorCtor } from '../primordials.ts';
import { DOMString, USVString, argument, defineInterface, illegalInvocation, isObject, requireArguments, type Converter } from '../webidl.ts';
import { any, boolean, sequence, unsignedShort } from '../webidl-types.ts';
import { Event, eventDictionary, eventState, initialise, requireEventType } from './event.ts';

type MessageEventInit = { data: unknown; lastEventId: string; origin: string; ports: readonly object[]; source: object | null };

const object: Converter<object> = (value, context) => {
  if (!isObject(value)) throw new TypeErrorCtor(`${context} is not an object.`);
  return value;
};
const source: Converter<object | null> = (value, context) => (value === null || value === undefined ? null : object(value, context));
const ports = sequence(object);
const emptyString = (): string => '';

const messageEventInit = eventDictionary<MessageEventInit>('MessageEventInit', [
  { key: 'data', converter: any, defaultValue: () => null },
  { key: 'lastEventId', converter: DOMString, defaultValue: emptyString },
  { key: 'origin', converter: USVString, defaultValue: emptyString },
  { key: 'ports', converter: ports, defaultValue: () => [] },
  { key: 'source', converter: source, defaultValue: () => null },
]);

export class MessageEvent extends Event {
  #init: MessageEventInit;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'MessageEvent');
    const name = DOMString(type, "Failed to construct 'MessageEvent': parameter 1");
    const given = messageEventInit(init, "Failed to construct 'MessageEvent': parameter 2");
    super(name, given);
    ObjectFreeze(given.ports);
    this.#init = given;
  }

  static #of(self: unknown): MessageEventInit {
    if (!isObject(self) || !(#init in self)) throw illegalInvocation();
    return self.#init;
  }

  get data(): unknown {
    return MessageEvent.#of(this).data;
  }

  get origin(): string {
    return MessageEvent.#of(this).origin;
  }

  get lastEventId(): string {
    return MessageEvent.#of(this).lastEventId;
  }

  get source(): object | null {
    return MessageEvent.#of(this).source;
  }

  get ports(): readonly object[] {
    return MessageEvent.#of(this).ports;
  }

  /** @see https://html.spec.whatwg.org/#dom-messageevent-initmessageevent */
  initMessageEvent(
    type: unknown,
    bubbles: unknown = false,
    cancelable: unknown = false,
    data: unknown = null,
    origin: unknown = '',
    lastEventId: unknown = '',
    sender: unknown = null,
    given: unknown = undefined,
  ): void {
    MessageEvent.#of(this);
    requireArguments(arguments.length, 1, "Failed to execute 'initMessageEvent' on 'MessageEvent'");
    const at = (index: number): string => argument('initMessageEvent', 'MessageEvent', index);
    const init: MessageEventInit = {
      data,
      origin: USVString(origin, at(5)),
      lastEventId: DOMString(lastEventId, at(6)),
      source: source(sender, at(7)),
      ports: ObjectFreeze(given === undefined ? [] : ports(given, at(8))),
    };
    if (initialise(eventState(this), DOMString(type, at(1)), !!bubbles, !!cancelable)) this.#init = init;
  }
}

type CloseEventInit = { code: number; reason: string; wasClean: boolean };

const closeEventInit = eventDictionary<CloseEventInit>('CloseEventInit', [
  { key: 'code', converter: unsignedShort, defaultValue: () => 0 },
  { key: 'reason', converter: USVString, defaultValue: emptyString },
  { key: 'wasClean', converter: boolean, defaultValue: () => false },
]);

export class CloseEvent extends Event {
  #init: CloseEventInit;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'CloseEvent');
    const name = DOMString(type, "Failed to construct 'CloseEvent': parameter 1");
    const given = closeEventInit(init, "Failed to construct 'CloseEvent': parameter 2");
    super(name, given);
    this.#init = given;
  }

  get wasClean(): boolean {
    if (!isObject(this) || !(#init in this)) throw illegalInvocation();
    return this.#init.wasClean;
  }

  get code(): number {
    if (!isObject(this) || !(#init in this)) throw illegalInvocation();
    return this.#init.code;
  }

  get reason(): string {
    if (!isObject(this) || !(#init in this)) throw illegalInvocation();
    return this.#init.reason;
  }
}

defineInterface(MessageEvent, 'MessageEvent');
defineInterface(CloseEvent, 'CloseEvent');
