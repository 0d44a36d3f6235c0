/**
 * MessageChannel: a pair of ports.
 * @see https://html.spec.whatwg.org/#message-channels
 */
import { defineInterface, illegalInvocation, isObject } from '../webidl.ts';
import { entangledPorts, type MessagePort } from './message-port.ts';

export class MessageChannel {
  readonly #ports: [MessagePort, MessagePort];

  constructor() {
    this.#ports = entangledPorts();
  }

  get port1(): MessagePort {
    if (!isObject(this) || !(#ports in this)) throw illegalInvocation();
    return this.#ports[0];
  }

  get port2(): MessagePort {
    if (!isObject(this) || !(#ports in this)) throw illegalInvocation();
    return this.#ports[1];
  }
}

defineInterface(MessageChannel, 'MessageChannel');
