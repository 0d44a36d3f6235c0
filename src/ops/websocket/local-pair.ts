/**
 * Two ends of a WebSocket between workers of one engine: what is sent at the one comes out at the other.
 *
 * Contract: as of any MessageSocket. A message counts as sent when the other end has taken it, so that an end that is
 * paused holds up whoever sends.
 */
import type { MessageSocket, SocketListener } from '../../ports/message-socket.ts';

type Item = { data: string | Uint8Array; sent: () => void } | { code: number; reason: string; wasClean: boolean };

class LocalSocket implements MessageSocket {
  readonly protocol: string;
  readonly extensions = '';
  peer: LocalSocket | undefined;
  #listener: SocketListener | undefined;
  #queue: Item[] = [];
  #isPaused = false;
  #isPumping = false;
  /** It sends nothing any more. */
  #isClosing = false;
  #isOver = false;

  constructor(protocol: string) {
    this.protocol = protocol;
  }

  start(listener: SocketListener): void {
    this.#listener = listener;
    this.#pump();
  }

  send(data: string | Uint8Array, sent: () => void): void {
    if (this.#isClosing || this.#isOver) return sent();
    // Bytes are the listener's to keep.
    this.peer?.take({ data: typeof data === 'string' ? data : new Uint8Array(data), sent });
  }

  close(code: number, reason: string): void {
    if (this.#isClosing || this.#isOver) return;
    this.#isClosing = true;
    const end = { code: code === 0 ? 1005 : code, reason, wasClean: true };
    this.peer?.take(end);
    this.take(end);
  }

  terminate(): void {
    if (this.#isOver) return;
    this.#isClosing = true;
    const end = { code: 1006, reason: '', wasClean: false };
    this.peer?.take(end);
    this.#queue = [];
    this.take(end);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  take(item: Item): void {
    if (this.#isOver) {
      if ('sent' in item) item.sent();
      return;
    }
    this.#queue.push(item);
    this.#pump();
  }

  /** One item at a time, each in a turn of its own, lest two that answer each other fill the stack. */
  #pump(): void {
    if (this.#isPumping || this.#isPaused || this.#isOver || this.#listener === undefined || this.#queue.length === 0) return;
    this.#isPumping = true;
    queueMicrotask(() => {
      this.#isPumping = false;
      const item = this.#isPaused ? undefined : this.#queue.shift();
      if (item !== undefined) this.#give(item);
      this.#pump();
    });
  }

  #give(item: Item): void {
    if ('sent' in item) {
      this.#listener?.message(item.data);
      return item.sent();
    }
    this.#isOver = true;
    for (const left of this.#queue) if ('sent' in left) left.sent();
    this.#queue = [];
    this.#listener?.closed(item.code, item.reason, item.wasClean, '');
  }
}

/** @param protocol what the two have agreed on, as either tells of it */
export function localPair(protocol = ''): [MessageSocket, MessageSocket] {
  const one = new LocalSocket(protocol);
  const other = new LocalSocket(protocol);
  one.peer = other;
  other.peer = one;
  return [one, other];
}
