/**
 * One WebSocket of an isolate: carries messages between the network and the event that has it open.
 *
 * Contract, binding on changes to this file: the isolate hears `closed` exactly once, or not at all when
 * its event is over first; the event is kept until then. A peer that sends faster than the app takes is
 * not read; an app that hands over more than it may is cut off.
 */
import type { MessageSocket, SocketListener } from '../../ports/message-socket.ts';
import { Entry, SocketEvent } from '../../protocol/ops.ts';
import type { EventState } from '../op.ts';
import { SOCKET_LIMITS } from './limits.ts';

/** How long sent bytes may go untold where no message brings the news, in milliseconds; and how many. */
const TELL_SENT_MS = 50;
const TELL_SENT_BYTES = 256 * 1024;

export class HostSocket implements SocketListener {
  readonly number: number;
  #event: EventState;
  #release: () => void;
  #forget: () => void;
  readonly #isResponse: boolean;
  readonly #onClosed: () => void;
  readonly #opening = new AbortController();
  #socket: MessageSocket | undefined;
  #isOver = false;
  #isStarted = false;
  #isPaused = false;
  /** Read, and not on its way into the isolate yet. */
  #queue: (string | Uint8Array)[] = [];
  #turns = 0;
  #bytes = 0;
  #unsent = 0;
  #untold = 0;
  #tellTimer: NodeJS.Timeout | undefined;
  #last: [code: number, reason: string, wasClean: boolean, failure: string] | undefined;

  /**
   * @param isResponse it is the response to the event's request
   * @param onClosed called when the isolate will hear no more of it */
  constructor(number: number, event: EventState, isResponse: boolean, onClosed: () => void) {
    this.number = number;
    this.#event = event;
    this.#isResponse = isResponse;
    this.#onClosed = onClosed;
    this.#release = event.keep(isResponse);
    this.#forget = event.atEnd(() => this.#abandon());
  }

  /** Fires when nobody wants the connection that is being made. */
  get signal(): AbortSignal {
    return this.#opening.signal;
  }

  /** The connection is there. It is told to the isolate where it waits for that. */
  open(socket: MessageSocket, tell: boolean): void {
    if (this.#isOver) return socket.terminate();
    this.#socket = socket;
    if (!tell) return;
    this.#deliver(0, SocketEvent.opened, socket.protocol, socket.extensions);
    this.start(this.#event);
  }

  /** Messages may come, in the turns of this event. */
  start(event: EventState): void {
    if (this.#isStarted || this.#isOver) return;
    this.#isStarted = true;
    if (event !== this.#event) this.#moveTo(event);
    this.#socket?.start(this);
  }

  #moveTo(event: EventState): void {
    this.#release();
    this.#forget();
    this.#event = event;
    this.#release = event.keep(this.#isResponse);
    this.#forget = event.atEnd(() => this.#abandon());
  }

  send(data: string | Uint8Array): void {
    if (this.#isOver || this.#socket === undefined) return;
    const bytes = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
    this.#unsent += bytes;
    if (this.#unsent > SOCKET_LIMITS.unsentBytes) return this.#socket.terminate();
    this.#socket.send(data, () => this.#sent(bytes));
  }

  close(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#queue = [];
    if (this.#socket === undefined) {
      this.#opening.abort();
      return;
    }
    // Also where nobody asked for its messages: its end must be heard of.
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#socket.start(this);
    }
    this.#socket.close(code, reason);
  }

  /** Cuts the connection. */
  terminate(): void {
    if (this.#isOver) return;
    this.#queue = [];
    this.#socket?.terminate();
  }

  /** The connection could not be made. */
  fail(failure: string): void {
    this.closed(1006, '', false, failure);
  }

  /** There will be no connection, and the isolate knows. */
  discard(): void {
    if (!this.#isOver) this.#end();
  }

  /** Takes the connection away from the isolate, which has not asked for its messages; undefined where it cannot be had. */
  detach(): MessageSocket | undefined {
    if (this.#isStarted || this.#isOver) return undefined;
    const socket = this.#socket;
    this.#socket = undefined;
    this.#end();
    return socket;
  }

  // SocketListener

  message(data: string | Uint8Array): void {
    if (this.#isOver) return;
    this.#queue.push(data);
    this.#pump();
  }

  closed(code: number, reason: string, wasClean: boolean, failure: string): void {
    if (this.#last !== undefined) return;
    this.#last = [code, reason, wasClean, failure];
    this.#pump();
  }

  #pump(): void {
    while (this.#queue.length > 0 && this.#turns < SOCKET_LIMITS.turnsUnderWay && this.#bytes < SOCKET_LIMITS.bytesUnderWay) {
      const data = this.#queue.shift() as string | Uint8Array;
      const told = this.#untold;
      this.#untold = 0;
      this.#deliver(data.length, SocketEvent.message, typeof data === 'string' ? data : (data.buffer as ArrayBuffer), told);
    }
    const isFull = this.#queue.length > 0;
    if (isFull !== this.#isPaused && this.#last === undefined) {
      this.#isPaused = isFull;
      if (isFull) this.#socket?.pause();
      else this.#socket?.resume();
    }
    if (this.#last === undefined || isFull || this.#isOver) return;
    const release = this.#release;
    const last = this.#last;
    this.#release = () => {};
    this.#end();
    this.#event.deliver([Entry.socket, this.#event.id, this.number, SocketEvent.closed, ...last], release);
  }

  #deliver(bytes: number, kind: number, ...values: (string | ArrayBuffer | number)[]): void {
    this.#turns++;
    this.#bytes += bytes;
    this.#event.deliver([Entry.socket, this.#event.id, this.number, kind, ...values], () => {
      this.#turns--;
      this.#bytes -= bytes;
      if (!this.#isOver) this.#pump();
    });
  }

  #sent(bytes: number): void {
    this.#unsent -= bytes;
    if (this.#isOver) return;
    this.#untold += bytes;
    if (this.#untold >= TELL_SENT_BYTES) this.#tellSent();
    else this.#tellTimer ??= setTimeout(() => this.#tellSent(), TELL_SENT_MS);
  }

  #tellSent(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    if (this.#isOver || this.#untold === 0) return;
    const told = this.#untold;
    this.#untold = 0;
    this.#deliver(0, SocketEvent.sent, told);
  }

  /** The event is over: nobody is there to hear of it. */
  #abandon(): void {
    if (this.#isOver) return;
    const socket = this.#socket;
    this.#end();
    if (socket === undefined) return;
    if (!this.#isStarted) socket.start({ message: () => {}, closed: () => {} });
    socket.close(1001, '');
  }

  #end(): void {
    this.#isOver = true;
    this.#opening.abort();
    this.#queue = [];
    clearTimeout(this.#tellTimer);
    this.#forget();
    this.#release();
    this.#release = () => {};
    this.#onClosed();
  }
}
