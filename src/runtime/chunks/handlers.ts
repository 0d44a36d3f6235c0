/** Event handlers of the global scope. */
import { handlerOf, setHandler } from '../web/handler-calls.ts';
import { provide } from '../link.ts';

const offers = { handlerOf, setHandler };

declare module '../link.ts' {
  interface Chunks {
    handlers: typeof offers;
  }
}

provide('handlers', offers);
