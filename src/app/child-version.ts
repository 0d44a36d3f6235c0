/** Versions of workers that a worker has loaded: made of their parent's record and of what the parent gives them. */
import { CodeCache } from '../isolate/code-cache.ts';
import { GivenServiceBinding } from '../bindings/service/index.ts';
import { OpError } from '../base/op-error.ts';
import type { WorkerSource } from '../ports/worker-loader.ts';
import type { Bundle } from '../protocol/bundle.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { Passed, serviceNumber } from '../protocol/rpc.ts';
import { CLOSED_EGRESS } from './closed-egress.ts';
import { type Loaded, LoadedWorkers } from './loaded-workers.ts';
import { AppVersion, type VersionDeps } from './version.ts';

/** Characters of a worker's id that logs show. */
const MOST_ID_SHOWN = 100;

/** The loader of an app's version. */
export function openLoader(parent: AppVersion, deps: VersionDeps): LoadedWorkers<AppVersion> {
  return new LoadedWorkers<AppVersion>({
    assemble: (source) => {
      // A worker that has been loaded gets no loader: there is no way for it to ask.
      if (deps.assemble === undefined || deps.loaded !== undefined) throw new OpError('Error', 'Workers cannot be loaded here.');
      return deps.assemble(source);
    },
    make: (self, source, bundle) => childOf(parent, deps, self, source, bundle),
  });
}

function childOf(parent: AppVersion, deps: VersionDeps, self: Loaded<AppVersion>, source: WorkerSource, bundle: Bundle): AppVersion {
  const { env, outbound } = source;
  const services = typeof outbound === 'string' ? env.services : [...env.services, outbound];
  const bindings = services.map((target) => new GivenServiceBinding(target));
  const given = {
    payload: env.payload,
    pairs: env.services.flatMap((_, index) => [Passed.service, serviceNumber(index)]),
    outbound: typeof outbound === 'string' ? undefined : serviceNumber(env.services.length),
  };
  // Of its parent's family: whoever asks for that finds it there.
  const { assets: _assets, cache: _cache, trace: _trace, woken: _woken, ...shared } = deps;
  const childDeps: VersionDeps = {
    ...shared,
    // Its secrets are those that the parent has given it.
    trace: ({ version }) => deps.traceLoaded?.({ ...parent.record, version }, source.tails),
    // What the isolate sends to a service itself it must not send anywhere else.
    egress: () => (outbound === 'inherited' ? parent.egress : CLOSED_EGRESS),
    bindings: () => bindings,
    readBundle: async () => bundle,
    codeCache: () => new CodeCache(undefined, () => {}),
    maxWorkers: 1,
    loaded: { self, given },
  };
  return new AppVersion(recordOf(parent.record, self, source), childDeps, openLoader);
}

/** In ledger, metrics, quarantine and group it is its parent; in logs its version is another. */
function recordOf(parent: AppRecord, { key }: Loaded<AppVersion>, { compatibilityDate, compatibilityFlags, limits }: WorkerSource): AppRecord {
  const { assets: _assets, tailConsumers: _tails, consumers: _consumers, reason: _reason, ...record } = parent;
  return {
    ...record,
    version: key === undefined ? `${parent.version}:loaded` : `${parent.version}:loaded:${key.slice(key.indexOf(':') + 1).slice(0, MOST_ID_SHOWN)}`,
    compatibilityDate,
    compatibilityFlags: [...compatibilityFlags],
    vars: {},
    bindings: [],
    limits: {
      ...parent.limits,
      // None at all would be no limit to V8.
      cpuMs: Math.max(1, Math.min(parent.limits.cpuMs, Math.floor(limits.cpuMs))),
      subrequests: Math.min(parent.limits.subrequests, limits.subrequests),
    },
    isolation: 'shared',
    routes: [],
    hosts: [],
    crons: [],
    state: 'ready',
  };
}
