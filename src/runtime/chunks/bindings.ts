/** What the chunks of all bindings share. */
import { callBinding, callBindingWithBody } from '../workers/bindings/call.ts';
import { provide } from '../link.ts';

const offers = { callBinding, callBindingWithBody };

declare module '../link.ts' {
  interface Chunks {
    bindings: typeof offers;
  }
}

provide('bindings', offers);
