/**
 * Workers that a worker loads: implemented by the app layer, used by the ops.
 *
 * Contract: a loaded worker lasts while somebody has a lease of it, and as long as its place in the loader's memory is
 * not needed; it is its parent's in every account, and goes with it.
 */
import type { BundleModule } from '../protocol/bundle.ts';
import type { ServiceTarget } from './invoker.ts';

/** What a worker is made of, checked. */
export type WorkerSource = {
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  readonly main: string;
  /** `usesMeta` is for the assembler to find out. */
  readonly modules: readonly Pick<BundleModule, 'name' | 'type' | 'content'>[];
  /** `env`: a payload that isolates understand, and the services in it. */
  readonly env: { readonly payload: string | Uint8Array | undefined; readonly services: readonly ServiceTarget[] };
  /** Where its fetches go: to the network as its parent's do, nowhere, or to a service. */
  readonly outbound: 'inherited' | 'none' | ServiceTarget;
  /** Whose tail handlers hear what it has done. */
  readonly tails: readonly ServiceTarget[];
  /** Below the parent's own. */
  readonly limits: { readonly cpuMs: number; readonly subrequests: number };
};

export interface LoadedWorker {
  /** Keeps it, until what this returns is called. */
  lease(): () => void;
}

export interface WorkerLoader {
  find(key: string): LoadedWorker | undefined;
  /** @param key undefined: nobody will find it @returns with a lease @throws OpError */
  load(key: string | undefined, source: WorkerSource): Promise<{ worker: LoadedWorker; release: () => void }>;
}
