/**
 * Which app a request belongs to, by host and path. Built once per set of apps, never changed, asked for every request.
 *
 * The more specific wins, host before path:
 * 1. the exact host: its routes (longest path first), then the app that has all of it (custom domain, `<app>.localhost`);
 * 2. wildcard hosts, longest first, `*.example.com` before `*example.com`, each with its routes;
 * 3. routes for every host, such as "*\/*".
 * `<app>.localhost` belongs to the app of that name, whatever other apps claim. A wildcard matches at a dot only:
 * "*example.com" is example.com and its subdomains, never notexample.com.
 * @see https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior
 */
import { normalisePatternHost, parseRoutePattern, type RoutePattern } from '../config/route-pattern.ts';
import { PathRoutes, type Scheme } from './paths.ts';

export interface RoutedApp {
  readonly name: string;
  readonly routes?: readonly { readonly pattern: string; readonly customDomain?: boolean | undefined }[] | undefined;
  /** Host names that belong to the app alone. */
  readonly hosts?: readonly string[] | undefined;
}

/** A route that an app asked for and did not get. */
export interface RouteConflict {
  /** The route or host name, as the app wrote it. */
  readonly pattern: string;
  /** Who has it. Undefined: nobody, it is malformed. */
  readonly kept: string | undefined;
  readonly refused: string;
  readonly message: string;
}

export interface RouteTable {
  /**
   * The app of a request; undefined where there is none.
   * @param host as normaliseHost returns it
   * @param path the request target: path with query, which Cloudflare's rules compare as one
   */
  match(host: string, path: string, scheme?: Scheme): string | undefined;
  readonly conflicts: readonly RouteConflict[];
}

/** A table of all routes. Where two apps want the same, the first by name has it and the other is in `conflicts`. */
export function createRouteTable(apps: readonly RoutedApp[]): RouteTable {
  return new Table(apps);
}

/** The routes of one host, and who has what is left. */
class HostEntry {
  owner: string | undefined;
  /** `<app>.localhost`: no route of others counts. */
  reserved = false;
  paths: PathRoutes | undefined;

  match(path: string, scheme: Scheme | undefined): string | undefined {
    return this.paths?.match(path, scheme) ?? this.owner;
  }
}

class Table implements RouteTable {
  readonly #exact = new Map<string, HostEntry>();
  readonly #below = new Map<string, PathRoutes>();
  readonly #andBelow = new Map<string, PathRoutes>();
  readonly #anywhere = new PathRoutes();
  readonly #conflicts: RouteConflict[] = [];
  #hasWildcards = false;

  constructor(apps: readonly RoutedApp[]) {
    const sorted = [...apps].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const named = sorted.filter((app) => this.#reserve(app.name));
    for (const { name, hosts } of named) for (const host of hosts ?? []) this.#own(name, host);
    for (const { name, routes } of named) {
      for (const { pattern, customDomain } of routes ?? []) {
        if (customDomain === true) this.#own(name, pattern);
        else this.#route(name, pattern);
      }
    }
    Object.freeze(this.#conflicts);
  }

  get conflicts(): readonly RouteConflict[] {
    return this.#conflicts;
  }

  match(host: string, path: string, scheme?: Scheme): string | undefined {
    const app = this.#exact.get(host)?.match(path, scheme);
    return app !== undefined || !this.#hasWildcards ? app : this.#matchWildcards(host, path, scheme);
  }

  #matchWildcards(host: string, path: string, scheme: Scheme | undefined): string | undefined {
    let app = this.#andBelow.get(host)?.match(path, scheme);
    for (let dot = host.indexOf('.'); dot !== -1 && app === undefined; dot = host.indexOf('.', dot + 1)) {
      const parent = host.slice(dot + 1);
      app = this.#below.get(parent)?.match(path, scheme) ?? this.#andBelow.get(parent)?.match(path, scheme);
    }
    return app ?? this.#anywhere.match(path, scheme);
  }

  #reserve(name: string): boolean {
    const entry = this.#entry(`${name}.localhost`);
    if (entry.owner !== undefined) {
      this.#refuse(name, `${name}.localhost`, entry.owner, `Two apps are called "${name}": the second is not served. Rename one of them.`);
      return false;
    }
    entry.owner = name;
    entry.reserved = true;
    return true;
  }

  #own(app: string, pattern: string): void {
    const host = normalisePatternHost(pattern);
    if (host === undefined) {
      this.#refuse(app, pattern, undefined, `The host name ${JSON.stringify(pattern)} of the app "${app}" is not valid.`);
      return;
    }
    const entry = this.#entry(host);
    if (entry.owner === undefined) entry.owner = app;
    else if (entry.owner !== app) this.#refuse(app, pattern, entry.owner);
  }

  #route(app: string, pattern: string): void {
    const route = parseRoutePattern(pattern);
    if (typeof route === 'string') {
      this.#refuse(app, pattern, undefined, `${route} It is a route of the app "${app}".`);
      return;
    }
    const entry = route.hosts === 'exact' ? this.#entry(route.host) : undefined;
    const kept = entry?.reserved === true && entry.owner !== app ? entry.owner : this.#pathsOf(route, entry).add(app, route);
    if (kept !== undefined && kept !== app) this.#refuse(app, pattern, kept);
  }

  #pathsOf(route: RoutePattern, entry: HostEntry | undefined): PathRoutes {
    if (entry !== undefined) {
      entry.paths ??= new PathRoutes();
      return entry.paths;
    }
    this.#hasWildcards = true;
    if (route.host === '') return this.#anywhere;
    const map = route.hosts === 'subhosts' ? this.#below : this.#andBelow;
    const paths = map.get(route.host) ?? new PathRoutes();
    map.set(route.host, paths);
    return paths;
  }

  #entry(host: string): HostEntry {
    const entry = this.#exact.get(host) ?? new HostEntry();
    this.#exact.set(host, entry);
    return entry;
  }

  #refuse(refused: string, pattern: string, kept: string | undefined, message?: string): void {
    this.#conflicts.push(
      Object.freeze({
        pattern,
        kept,
        refused,
        message: message ?? `The apps "${kept}" and "${refused}" both claim ${JSON.stringify(pattern)}: "${kept}" has it. Change the routes of one of them.`,
      }),
    );
  }
}
