/** The interfaces of the global object. */
import { ServiceWorkerGlobalScope, WorkerGlobalScope, installScopeInterfaces } from '../web/worker-global-scope.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    scope: typeof offers;
  }
}

installScopeInterfaces(globalThis);

provide('scope', offers, { ServiceWorkerGlobalScope, WorkerGlobalScope });
