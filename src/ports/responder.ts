/**
 * Where the answer to a fetch event goes: implemented by the HTTP layer, used by the ops.
 *
 * Contract: `send` or `start` is called at most once; after `start` come any number of `write` and
 * then one `end` or `abort`. Calls after the client has gone do nothing and never throw. Where `isEncoded`
 * is true the body is in the Content-Encoding of the headers already; else that is what the client gets it in.
 */
import type { HostBody } from './host-body.ts';
import type { MessageSocket } from './message-socket.ts';

export interface Responder {
  /**
   * The whole response at once.
   * @param headers `name\nvalue\n…`, not yet checked for what HTTP forbids
   */
  send(status: number, statusText: string, headers: string, body: string | Uint8Array | undefined, isEncoded?: boolean): void;
  /**
   * The head of a response whose body follows.
   * @param headers with the length that the body keeps to, where there is one
   * @param said what the app says of its length, for the answer to HEAD
   * @returns false where nobody wants the body: it may be written all the same
   */
  start(status: number, statusText: string, headers: string, isEncoded?: boolean, said?: string): boolean;
  /** A chunk of the body. A promise means: wait for it before the next one. */
  write(chunk: Uint8Array): Promise<void> | undefined;
  end(): void;
  /** The body broke off: the connection is cut, so that the client does not take it for complete. */
  abort(): void;
  /** Head plus a body that lives on the host; resolves when it has been sent or given up. */
  pipe(status: number, statusText: string, headers: string, body: HostBody, isEncoded?: boolean): Promise<void>;
  /**
   * The response is a WebSocket, with these headers. The event lives until it is closed.
   * @returns undefined where the request did not ask for one: it has then been answered with an error
   */
  upgrade?(headers: string): MessageSocket | undefined;
}
