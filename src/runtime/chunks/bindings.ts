/** What the chunks of all bindings share. */
import { callBinding, callBindingWithBody } from '../workers/bindings/call.ts';
import { int32 } from '../workers/bindings/int32.ts';
import { provide } from '../link.ts';

const offers = { callBinding, callBindingWithBody, int32 };

declare module '../link.ts' {
  interface Chunks {
    bindings: typeof offers;
  }
}

provide('bindings', offers);
