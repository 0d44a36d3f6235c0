/**
 * Requests that come on a connection before the one ahead of them has its answer.
 *
 * Contract: each is begun when the response before it is out, so that a connection has one at a time in the app, and one
 * response in memory. Of more than may wait none is begun: the connection ends with the last response that is.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.3.2
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Requests of one connection that may wait. Node takes apart whatever one read has brought: a thousand, where they are small. */
const MOST_WAITING = 100;

type Line = { newest: ServerResponse; current: ServerResponse; waiting: number };

const isOver = (response: ServerResponse): boolean => response.writableFinished || response.destroyed;

export class Pipelines {
  readonly #lines = new WeakMap<Duplex, Line>();

  /** Has a request of the connection no answer yet, or not all of it? */
  isBusy(socket: Duplex): boolean {
    const line = this.#lines.get(socket);
    return line !== undefined && !isOver(line.newest);
  }

  /** The response that is being waited for, or written; the last one where none is. */
  current(socket: Duplex): ServerResponse | undefined {
    return this.#lines.get(socket)?.current;
  }

  /** Begins a request when it is its turn; never, where the connection has gone by then. */
  enter({ socket }: IncomingMessage, response: ServerResponse, begin: () => void): void {
    const line = this.#lines.get(socket);
    if (line === undefined) {
      this.#lines.set(socket, { newest: response, current: response, waiting: 0 });
      return begin();
    }
    const before = line.newest;
    if (isOver(before)) {
      line.newest = line.current = response;
      return begin();
    }
    if (line.waiting >= MOST_WAITING) {
      before.shouldKeepAlive = false;
      return;
    }
    line.waiting++;
    line.newest = response;
    before.once('close', () => {
      line.waiting--;
      if (socket.destroyed) return;
      line.current = response;
      begin();
    });
  }
}
