/** Bounds of WebSockets. @see https://developers.cloudflare.com/workers/platform/limits/ */
export const SOCKET_LIMITS = {
  /** Of one message from the network, in bytes. */
  messageBytes: 32 * 1024 * 1024,
  /** Time without a byte in either direction, pings included, in milliseconds. */
  idleMs: 60_000,
  /** For the other side's close frame, in milliseconds. */
  closeMs: 10_000,
  /** For the opening handshake of an outgoing connection, in milliseconds. */
  handshakeMs: 30_000,
  /** Messages on their way into the isolate; what comes beyond waits on the network. */
  turnsUnderWay: 32,
  bytesUnderWay: 1024 * 1024,
  /** Handed over by the isolate and not sent yet: a little more than an isolate of good will would. */
  unsentBytes: 96 * 1024 * 1024,
  /** Sockets one isolate may have open. */
  sockets: 10_000,
} as const;
