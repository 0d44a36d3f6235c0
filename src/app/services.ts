/**
 * Calls from one app to another, inside the engine: each is an event of the callee's, in the ledger and in the log as
 * a request from outside is.
 *
 * Contract: an app calls apps of its own trust group only; what stands in the way of a call is told to the caller in
 * words that name nothing but the service.
 */
import type { Place } from '../ops/op.ts';
import type { EventFailure, FetchClient, FetchMessage } from '../ports/event-client.ts';
import type { Invoker, Origin, ServiceTarget, SessionClient } from '../ports/invoker.ts';
import type { Observer } from '../ports/observer.ts';
import type { Apps } from './apps.ts';
import { CallRecord, RecordedFetch, RecordedSession } from './call-record.ts';
import type { InFlightLedger } from './sites.ts';
import { Loaded } from './loaded-workers.ts';
import { AppVersion } from './version.ts';

/** Characters of a call's path that the log tells. */
const MOST_PATH_LOGGED = 256;

let calls = 0;

/** A call's own id: the caller's, and a number after it. */
const requestIdFor = (origin: Origin): string => `${origin.requestId}.${(++calls).toString(36)}`;

const unavailable = (message: string): EventFailure => ({ name: 'internal', error: { name: 'Error', message, stack: message }, passThrough: false });

const alone = (client: { fail(failure: EventFailure): void }): void => client.fail(unavailable('There are no other apps here to be called.'));

/** For an app that is run by itself. */
export const NO_SERVICES: Invoker<Place> = {
  fetch: (_target, _origin, _message, client) => alone(client),
  open: (_target, _origin, _path, client) => alone(client),
};

const loadedVersion = (loaded: object): AppVersion | string =>
  loaded instanceof Loaded && loaded.version instanceof AppVersion ? loaded.version : 'Worker not found.';

export class Services implements Invoker<Place> {
  readonly #apps: Apps;
  readonly #ledger: InFlightLedger;
  readonly #observer: Observer;

  constructor(apps: Apps, ledger: InFlightLedger, observer: Observer) {
    this.#apps = apps;
    this.#ledger = ledger;
    this.#observer = observer;
  }

  fetch(target: ServiceTarget, origin: Origin, message: Pick<FetchMessage, 'head' | 'body' | 'inline' | 'cf'>, client: FetchClient): void {
    const version = this.#find(target, origin);
    if (typeof version === 'string') return client.fail(unavailable(version));
    const requestId = requestIdFor(origin);
    const { entrypoint, props, limits, outbound, env } = target;
    const { head, body, inline, cf } = message;
    const [method = '', url = ''] = head.split('\n', 2);
    const record = new CallRecord(version, origin, requestId, { method, url }, { ledger: this.#ledger, observer: this.#observer });
    const { family } = origin;
    const depth = origin.depth + 1;
    this.#apps.fetch(
      version,
      { requestId, head, body, inline, cf, entrypoint, props, env, outbound, depth, family, limits },
      new RecordedFetch(client, record),
    );
  }

  open(target: ServiceTarget, origin: Origin, path: string, client: SessionClient<Place>): void {
    const version = this.#find(target, origin);
    if (typeof version === 'string') return client.fail(unavailable(version));
    const requestId = requestIdFor(origin);
    const record = new CallRecord(
      version,
      origin,
      requestId,
      { method: 'RPC', url: path.slice(0, MOST_PATH_LOGGED) },
      { ledger: this.#ledger, observer: this.#observer },
    );
    this.#apps.open(
      version,
      { requestId, depth: origin.depth + 1, family: origin.family, limits: target.limits, outbound: target.outbound, method: path },
      new RecordedSession(client, record),
    );
  }

  /** The version that is to be called, or why none can be. */
  #find({ app, namespace, loaded }: ServiceTarget, origin: Origin): AppVersion | string {
    const version = this.#apps.get(app);
    // Of another group's apps not even the names are told.
    const isThere =
      version !== undefined &&
      version.record.group === origin.group &&
      (version.record.namespace === namespace || (namespace === undefined && app === origin.app));
    // Cloudflare's words.
    if (!isThere && namespace !== undefined) return 'Worker not found.';
    if (!isThere) return `Could not find the service "${app}": there is no such app in this trust group.`;
    const { state } = version.record;
    if (state === 'ready' && loaded !== undefined) return loadedVersion(loaded);
    return state === 'ready' ? version : `The service "${app}" is unavailable: the app is ${state}.`;
  }
}
