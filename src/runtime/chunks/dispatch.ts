/** Dispatch namespaces. */
import { bindDispatch } from '../workers/bindings/dispatch.ts';
import { provide } from '../link.ts';

const offers = { bind: bindDispatch };

declare module '../link.ts' {
  interface Chunks {
    dispatch: typeof offers;
  }
}

provide('dispatch', offers);
