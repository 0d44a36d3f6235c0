/**
 * What the host tells of the sockets it keeps.
 * @see SocketEvent
 */
import { SocketEvent } from '../../../protocol/ops.ts';
import { enterEvent } from '../../bridge.ts';
import { MapPrototypeGet } from '../../primordials.ts';
import { CLOSED, CONNECTING, OPEN, PAUSE, afterMicrotasks, fireClose, fireError, fireMessage, fireOpen, forgetSocket, sent, sockets } from './state.ts';

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
      state.readyState = CLOSED;
      if (fourth === '') return fireClose(state, first as number, second as string, third as boolean);
      fireError(state, fourth as string);
      return afterMicrotasks(PAUSE, () => fireClose(state, first as number, second as string, third as boolean));
    }
  }
}
