/**
 * Apps as sites: what the HTTP layer asks for a host and path, with the ledger kept.
 */
import type { FetchClient, FetchMessage, Site, SiteDirectory } from '../ports/event-client.ts';
import type { ClientErrorName } from '../protocol/errors.ts';
import type { Apps } from './apps.ts';
import type { AppVersion } from './version.ts';

/** Marks which apps have requests in flight; see server/ledger.ts. */
export interface InFlightLedger {
  begin(slot: number): void;
  end(slot: number): void;
}

/** Finds the app of a host and path. Implemented by the router's table. */
export type Route = (host: string, path: string) => string | undefined;

export class Sites implements SiteDirectory {
  readonly #apps: Apps;
  readonly #ledger: InFlightLedger;
  #route: Route;
  #sites = new WeakMap<AppVersion, AppSite>();

  constructor(apps: Apps, ledger: InFlightLedger, route: Route = () => undefined) {
    this.#apps = apps;
    this.#ledger = ledger;
    this.#route = route;
  }

  /** Switches to another table of routes. */
  setRoute(route: Route): void {
    this.#route = route;
  }

  /** The app of a host and path. */
  appOf(host: string, path: string): string | undefined {
    return this.#route(host, path);
  }

  find(host: string, path: string): Site | undefined {
    const name = this.#route(host, path);
    const version = name === undefined ? undefined : this.#apps.get(name);
    if (version === undefined) return undefined;
    let site = this.#sites.get(version);
    if (site === undefined) {
      site = new AppSite(this.#apps, version, this.#ledger);
      this.#sites.set(version, site);
    }
    return site;
  }
}

class AppSite implements Site {
  readonly #apps: Apps;
  readonly #version: AppVersion;
  readonly #ledger: InFlightLedger;

  constructor(apps: Apps, version: AppVersion, ledger: InFlightLedger) {
    this.#apps = apps;
    this.#version = version;
    this.#ledger = ledger;
  }

  get app(): string {
    return this.#version.record.name;
  }

  get version(): string {
    return this.#version.record.version;
  }

  get requestBodyBytes(): number {
    return this.#version.record.limits.requestBodyBytes;
  }

  get responseBodyBytes(): number {
    return this.#version.record.limits.responseBodyBytes ?? Number.POSITIVE_INFINITY;
  }

  get refusal(): { name: ClientErrorName; reason: string } | undefined {
    const { state, reason } = this.#version.record;
    if (state === 'ready') return undefined;
    return state === 'broken'
      ? { name: 'appBroken', reason: reason ?? 'the app is broken' }
      : { name: 'appQuarantined', reason: reason ?? 'the app is quarantined' };
  }

  fetch(message: FetchMessage, client: FetchClient): void {
    this.#apps.fetch(this.#version, message, client);
  }

  scheduled(requestId: string, scheduledTime: number, cron: string, client: FetchClient): void {
    this.#apps.scheduled(this.#version, requestId, scheduledTime, cron, client);
  }

  begin(): void {
    this.#ledger.begin(this.#version.record.slot);
  }

  finish(): void {
    this.#ledger.end(this.#version.record.slot);
  }
}
