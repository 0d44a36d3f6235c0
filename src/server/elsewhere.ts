/** Requests of apps that other processes serve: by the place of their app they are passed on to one of its engines. */
import { TOO_MANY_OPEN } from '../http/listener.ts';
import { type Passage, Relay } from '../http/relay.ts';

export class Elsewhere {
  readonly #relay = new Relay();
  readonly #route: (host: string, target: string) => string | undefined;
  #places: ReadonlyMap<string, string> = new Map();

  /** @param route finds the app of a host and path */
  constructor(route: (host: string, target: string) => string | undefined) {
    this.#route = route;
  }

  /** @param places of each app that is served elsewhere, the socket there */
  setPlaces(places: ReadonlyMap<string, string>): void {
    this.#places = places;
  }

  /** Requests under way; open WebSockets are none. */
  get active(): number {
    return this.#relay.active;
  }

  /** What passes a request on; undefined where it is not for elsewhere. */
  find(host: string, target: string): ((passage: Passage) => void) | undefined {
    if (this.#places.size === 0) return undefined;
    const app = this.#route(host, target);
    const place = app === undefined ? undefined : this.#places.get(app);
    if (app === undefined || place === undefined) return undefined;
    return (passage) => {
      if (passage.enter(app)) this.#relay.pass(passage, place);
      else passage.refuse('tooBusy', TOO_MANY_OPEN);
    };
  }

  close(): void {
    this.#relay.close();
  }
}
