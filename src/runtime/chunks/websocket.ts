/** WebSockets: the client, WebSocketPair, and those of requests and responses. */
import { socketEvent } from '../web/websocket/inbound.ts';
import { WebSocketPair } from '../web/websocket/pair.ts';
import { openByFetch, sendUpgrade, toWebSocket } from '../web/websocket/response.ts';
import { dropSockets } from '../web/websocket/state.ts';
import { WebSocket } from '../web/websocket/websocket.ts';
import { provide } from '../link.ts';

const offers = { dropSockets, openByFetch, sendUpgrade, socketEvent, toWebSocket };

declare module '../link.ts' {
  interface Chunks {
    websocket: typeof offers;
  }
}

provide('websocket', offers, { WebSocket, WebSocketPair });
