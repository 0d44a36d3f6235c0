/**
 * An open WebSocket on the host, as the ops see it: a client's over the HTTP layer, or one to an upstream.
 *
 * Contract: nothing is told before `start`; `closed` is told once, last, whatever happens. Calls after
 * that do nothing. No method throws.
 */
export interface SocketListener {
  /** A whole message. Bytes are the listener's to keep, and all of their buffer. */
  message(data: string | Uint8Array): void;
  /** `code` is 1005 for a close frame without one, 1006 where there was none; `failure` says what went wrong, empty where nothing did. */
  closed(code: number, reason: string, wasClean: boolean, failure: string): void;
}

export interface MessageSocket {
  readonly protocol: string;
  readonly extensions: string;
  /** Tells what comes from now on. */
  start(listener: SocketListener): void;
  /** `sent` is called when the bytes have left, or never will. */
  send(data: string | Uint8Array, sent: () => void): void;
  /** Starts the closing handshake. @param code 0 for none */
  close(code: number, reason: string): void;
  /** Cuts the connection. */
  terminate(): void;
  /** Stops reading, as far as messages are not in already. */
  pause(): void;
  resume(): void;
}
