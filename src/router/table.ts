/**
 * Which app a request belongs to, by host and path. Built once per set of apps, never changed, asked for every request.
 *
 * The more specific wins, host before path:
 * 1. the exact host: its routes (longest path first), then the app that has all of it (custom domain, `<app>.localhost`);
 * 2. wildcard hosts, longest first, `*.example.com` before `*example.com`, each with its routes;
 * 3. routes for every host, such as "*\/*".
 * Untrusted apps come after all others, but before the others' routes for every host; a host of others they get nothing of.
 * `<app>.localhost` belongs to the app of that name, whatever other apps claim. A wildcard matches at a dot only:
 * "*example.com" is example.com and its subdomains, never notexample.com.
 * @see https://developers.cloudflare.com/workers/configuration/routing/routes/#matching-behavior
 */
import { UNTRUSTED_GROUP } from '../config/server-config.ts';
import { normalisePatternHost, parseRoutePattern, type RoutePattern } from '../config/route-pattern.ts';
import { PathRoutes, type Scheme } from './paths.ts';

export interface RoutedApp {
  readonly name: string;
  /** Apps of a dispatch namespace have no address of their own. */
  readonly namespace?: string | undefined;
  readonly group?: string;
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
  /** The first that asked for any of it. */
  readonly first: string;
  owner: string | undefined;
  /** `<app>.localhost`: no route of others counts. */
  reserved = false;
  paths: PathRoutes | undefined;

  constructor(first: string) {
    this.first = first;
  }

  match(path: string, scheme: Scheme | undefined): string | undefined {
    return this.paths?.match(path, scheme) ?? this.owner;
  }
}

/** Hosts and routes by host, and who has them. */
class Claims {
  readonly exact = new Map<string, HostEntry>();
  readonly anywhere = new PathRoutes();
  readonly #below = new Map<string, PathRoutes>();
  readonly #andBelow = new Map<string, PathRoutes>();
  hasWildcards = false;

  /** All but the routes for every host. */
  match(host: string, path: string, scheme: Scheme | undefined): string | undefined {
    const app = this.exact.get(host)?.match(path, scheme);
    return app !== undefined || !this.hasWildcards ? app : this.#matchWildcards(host, path, scheme);
  }

  entry(host: string, app: string): HostEntry {
    const entry = this.exact.get(host) ?? new HostEntry(app);
    this.exact.set(host, entry);
    return entry;
  }

  paths(route: RoutePattern, app: string): PathRoutes {
    if (route.hosts === 'exact') return (this.entry(route.host, app).paths ??= new PathRoutes());
    this.hasWildcards = true;
    if (route.host === '') return this.anywhere;
    const map = route.hosts === 'subhosts' ? this.#below : this.#andBelow;
    const paths = map.get(route.host) ?? new PathRoutes();
    map.set(route.host, paths);
    return paths;
  }

  #matchWildcards(host: string, path: string, scheme: Scheme | undefined): string | undefined {
    let app = this.#andBelow.get(host)?.match(path, scheme);
    for (let dot = host.indexOf('.'); dot !== -1 && app === undefined; dot = host.indexOf('.', dot + 1)) {
      const parent = host.slice(dot + 1);
      app = this.#below.get(parent)?.match(path, scheme) ?? this.#andBelow.get(parent)?.match(path, scheme);
    }
    return app;
  }
}

class Table implements RouteTable {
  readonly #first = new Claims();
  /** What untrusted apps ask for. */
  readonly #last = new Claims();
  readonly #conflicts: RouteConflict[] = [];
  #isPlain = true;

  constructor(apps: readonly RoutedApp[]) {
    const sorted = apps.filter(({ namespace }) => namespace === undefined).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    const named = sorted.filter((app) => this.#reserve(app.name));
    for (const { name, hosts } of named) for (const host of hosts ?? []) this.#own(name, host, this.#first);
    const isLast = ({ group }: RoutedApp): boolean => group === UNTRUSTED_GROUP;
    for (const app of named) if (!isLast(app)) this.#claim(app, this.#first);
    for (const app of named) if (isLast(app)) this.#claim(app, this.#last);
    this.#isPlain = !this.#first.hasWildcards && !this.#last.hasWildcards && this.#last.exact.size === 0;
    Object.freeze(this.#conflicts);
  }

  get conflicts(): readonly RouteConflict[] {
    return this.#conflicts;
  }

  match(host: string, path: string, scheme?: Scheme): string | undefined {
    const app = this.#first.match(host, path, scheme);
    // Of a host that belongs to apps that come first the others get nothing: pages of one host trust each other.
    if (app !== undefined || this.#isPlain || this.#first.exact.has(host)) return app ?? this.#first.anywhere.match(path, scheme);
    return this.#last.match(host, path, scheme) ?? this.#first.anywhere.match(path, scheme) ?? this.#last.anywhere.match(path, scheme);
  }

  #reserve(name: string): boolean {
    const entry = this.#first.entry(`${name}.localhost`, name);
    if (entry.owner !== undefined) {
      this.#refuse(name, `${name}.localhost`, entry.owner, `Two apps are called "${name}": the second is not served. Rename one of them.`);
      return false;
    }
    entry.owner = name;
    entry.reserved = true;
    return true;
  }

  #claim({ name, routes = [] }: RoutedApp, claims: Claims): void {
    for (const { pattern, customDomain } of routes) {
      if (customDomain === true) this.#own(name, pattern, claims);
      else this.#route(name, pattern, claims);
    }
  }

  #own(app: string, pattern: string, claims: Claims): void {
    const host = normalisePatternHost(pattern);
    if (host === undefined) {
      this.#refuse(app, pattern, undefined, `The host name ${JSON.stringify(pattern)} of the app "${app}" is not valid.`);
      return;
    }
    const taken = this.#taken(app, host, claims);
    if (taken !== undefined) return this.#refuse(app, pattern, taken);
    const entry = claims.entry(host, app);
    if (entry.owner === undefined) entry.owner = app;
    else if (entry.owner !== app) this.#refuse(app, pattern, entry.owner);
  }

  #route(app: string, pattern: string, claims: Claims): void {
    const route = parseRoutePattern(pattern);
    if (typeof route === 'string') {
      this.#refuse(app, pattern, undefined, `${route} It is a route of the app "${app}".`);
      return;
    }
    const taken = route.hosts === 'exact' ? this.#taken(app, route.host, claims) : undefined;
    const kept = taken ?? claims.paths(route, app).add(app, route);
    if (kept !== undefined && kept !== app) this.#refuse(app, pattern, kept);
  }

  /** Whose host it is, where no other app gets any of it. */
  #taken(app: string, host: string, claims: Claims): string | undefined {
    const entry = this.#first.exact.get(host);
    if (entry === undefined || (claims === this.#first && !entry.reserved)) return undefined;
    const owner = entry.owner ?? entry.first;
    return owner === app ? undefined : owner;
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
