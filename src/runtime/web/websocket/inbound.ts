/**
 * What the host tells of the sockets it keeps.
 * @see SocketEvent
 */
import { SocketEvent } from '../../../protocol/ops.ts';
import { enterEvent } from '../../bridge.ts';
import { MapPrototypeGet } from '../../primordials.ts';
import { CLOSED, CLOSING, CONNECTING, OPEN, fireClose, fireError, fireMessage, fireOpen, forgetSocket, sent, sockets } from './state.ts';

/** `Entry.socket`. A socket that is not known any more was closed when its event ended. */
export function socketEvent(event: number, number: number, kind: number, first: unknown, second: unknown, third: unknown, fourth: unknown): void {
  const state = MapPrototypeGet(sockets, number);
  if (state === undefined) return;
  enterEvent(event);
  switch (kind) {
    case SocketEvent.opened:
      if (state.readyState !== CONNECTING) return;
      state.readyState = OPEN;
      state.protocol = first as string;
      state.extensions = second as string;
      return fireOpen(state);
    case SocketEvent.message:
      sent(state, second as number);
      return fireMessage(state, first as string | ArrayBuffer);
    case SocketEvent.sent:
      return sent(state, first as number);
    case SocketEvent.closed: {
      forgetSocket(state);
      state.hasReceivedClose = state.hasSentClose = true;
      // The standard: closing first, then closed together with the events.
      state.readyState = CLOSING;
      state.readyState = CLOSED;
      if (fourth !== '') fireError(state, fourth as string);
      return fireClose(state, first as number, second as string, third as boolean);
    }
  }
}
