/**
 * The connections of clients, and which of them may go.
 *
 * Contract: where descriptors become few, those connections are closed on which no request is under way, the one that has
 * been so for longest first: whoever opens thousands and says nothing keeps nobody out. What an app has not answered counts
 * as open for the app.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { AppOpenings, Openings } from '../base/openings.ts';

/** Free descriptors, as a part of all, below which connections are closed. */
const FEW = 1 / 8;

export class Connections {
  readonly #openings: Openings;
  /** In the order in which they became idle. */
  readonly #idle = new Set<Socket>();
  readonly #mayClose: boolean;

  /** @param mayClose whoever is at the other end expects it */
  constructor(openings: Openings, mayClose: boolean) {
    this.#openings = openings;
    this.#mayClose = mayClose;
  }

  /** A client has connected. */
  add(socket: Socket): void {
    this.#openings.count(1);
    this.#idle.add(socket);
    socket.once('close', () => {
      this.#openings.count(-1);
      this.#idle.delete(socket);
    });
    const { free, room } = this.#openings;
    if (!this.#mayClose || free >= room * FEW) return;
    const [oldest] = this.#idle;
    if (oldest !== undefined && oldest !== socket) oldest.destroy();
  }

  /**
   * A request of the connection is begun.
   * @param owner what is closed at the end of it: the response, or a connection that is to become a WebSocket
   */
  begin(socket: Socket, owner: ServerResponse | Socket): Stay {
    this.#idle.delete(socket);
    const stay = new Stay(this.#openings);
    (owner as ServerResponse).once('close', () => {
      stay.end();
      if (!socket.destroyed) this.#idle.add(socket);
    });
    return stay;
  }
}

/** A request, until it is answered or its connection is gone. */
export class Stay {
  readonly #all: Openings;
  #openings: AppOpenings | undefined;
  #close: (() => void) | undefined;

  constructor(all: Openings) {
    this.#all = all;
  }

  /**
   * The request is an app's from now on. False where the app has too many.
   * @param isPassedOn over another connection, to an engine
   */
  enter(app: string, isPassedOn = false): boolean {
    const openings = this.#all.of(app);
    if (!openings.enter()) return false;
    this.#openings = openings;
    if (!isPassedOn) return true;
    try {
      this.#close = openings.take();
      return true;
    } catch {
      return false;
    }
  }

  /** For Connections. */
  end(): void {
    this.#openings?.leave();
    this.#close?.();
  }
}
