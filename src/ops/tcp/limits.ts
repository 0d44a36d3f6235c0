/** Bounds of TCP sockets. @see https://developers.cloudflare.com/workers/runtime-apis/tcp-sockets/ */
export const TCP_LIMITS = {
  /** Sockets one isolate may have open. */
  sockets: 1000,
  /** The largest piece that is read at once, in bytes. */
  readBytes: 256 * 1024,
  /** Written by an isolate, over all of its sockets, and not sent yet, in bytes: beyond it nothing more is taken. */
  unsentBytes: 64 * 1024 * 1024,
} as const;
