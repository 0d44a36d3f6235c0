/**
 * ProgressEvent.
 * @see https://xhr.spec.whatwg.org/#interface-progressevent
 */
import { DOMString, defineInterface, illegalInvocation, isObject } from '../webidl.ts';
import { boolean, double } from '../webidl-types.ts';
import { Event, eventDictionary, requireEventType } from './event.ts';

type ProgressEventInit = { lengthComputable: boolean; loaded: number; total: number };

const progressEventInit = eventDictionary<ProgressEventInit>('ProgressEventInit', [
  { key: 'lengthComputable', converter: boolean, defaultValue: () => false },
  { key: 'loaded', converter: double, defaultValue: () => 0 },
  { key: 'total', converter: double, defaultValue: () => 0 },
]);

export class ProgressEvent extends Event {
  #init: ProgressEventInit;

  constructor(type: unknown, init: unknown = undefined) {
    requireEventType(arguments.length, 'ProgressEvent');
    const name = DOMString(type, "Failed to construct 'ProgressEvent': parameter 1");
    const given = progressEventInit(init, "Failed to construct 'ProgressEvent': parameter 2");
    super(name, given);
    this.#init = given;
  }

  static #of(self: unknown): ProgressEventInit {
    if (!isObject(self) || !(#init in self)) throw illegalInvocation();
    return self.#init;
  }

  get lengthComputable(): boolean {
    return ProgressEvent.#of(this).lengthComputable;
  }

  get loaded(): number {
    return ProgressEvent.#of(this).loaded;
  }

  get total(): number {
    return ProgressEvent.#of(this).total;
  }
}

defineInterface(ProgressEvent, 'ProgressEvent');
