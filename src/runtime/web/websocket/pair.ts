/**
 * WebSocketPair: two sockets connected to each other, one for the app and one for a Response.
 * @see https://developers.cloudflare.com/workers/runtime-apis/websockets/#constructor
 */
import { ObjectDefineProperty, SymbolIterator } from '../../primordials.ts';
import { defineInterface } from '../../webidl.ts';
import { ArrayPrototypeSymbolIterator } from '../../primordials.ts';
import { type WebSocket, createSocket, socketState } from './websocket.ts';

export class WebSocketPair {
  declare readonly 0: WebSocket;
  declare readonly 1: WebSocket;

  constructor() {
    const client = createSocket();
    const server = createSocket();
    socketState(client).peer = socketState(server);
    socketState(server).peer = socketState(client);
    ObjectDefineProperty(this, '0', { value: client, enumerable: true, configurable: true, writable: true });
    ObjectDefineProperty(this, '1', { value: server, enumerable: true, configurable: true, writable: true });
  }
}

defineInterface(WebSocketPair, 'WebSocketPair');
ObjectDefineProperty(WebSocketPair.prototype, SymbolIterator, {
  value: {
    values(this: WebSocketPair): ArrayIterator<WebSocket> {
      return ArrayPrototypeSymbolIterator([this[0], this[1]]);
    },
  }.values,
  writable: true,
  configurable: true,
});
