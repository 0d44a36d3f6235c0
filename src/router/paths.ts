/** The routes of one host: which of them a path belongs to. Its cost grows with the different lengths of prefixes, not with the routes. */
import type { RoutePattern } from '../config/route-pattern.ts';

export type Scheme = 'http' | 'https';

/** The apps of one path, by the scheme of the route; `any` where the route names none. */
type Slot = { any?: string; http?: string; https?: string };

export class PathRoutes {
  readonly #exact = new Map<string, Slot>();
  readonly #prefixes = new Map<string, Slot>();
  /** Of the prefixes, longest first. */
  #lengths: readonly number[] = [];

  /** Adds a route, or returns the app that has the very same one. */
  add(app: string, route: Pick<RoutePattern, 'path' | 'pathPrefix' | 'scheme'>): string | undefined {
    const { path, pathPrefix } = route;
    const scheme = route.scheme ?? 'any';
    const map = pathPrefix ? this.#prefixes : this.#exact;
    const slot = map.get(path) ?? {};
    if (slot[scheme] !== undefined) return slot[scheme];
    slot[scheme] = app;
    map.set(path, slot);
    if (pathPrefix && !this.#lengths.includes(path.length)) this.#lengths = [...this.#lengths, path.length].sort((a, b) => b - a);
    return undefined;
  }

  /**
   * The app of the longest path that fits, an exact one before a prefix, with a scheme before without.
   * @param path with query; without `scheme` routes of every scheme count
   */
  match(path: string, scheme: Scheme | undefined): string | undefined {
    const exact = pick(this.#exact.get(path), scheme);
    if (exact !== undefined) return exact;
    const lengths = this.#lengths;
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i] ?? 0;
      if (length > path.length) continue;
      const app = pick(this.#prefixes.get(path.slice(0, length)), scheme);
      if (app !== undefined) return app;
    }
    return undefined;
  }
}

function pick(slot: Slot | undefined, scheme: Scheme | undefined): string | undefined {
  if (slot === undefined) return undefined;
  return (scheme === undefined ? (slot.https ?? slot.http) : slot[scheme]) ?? slot.any;
}
