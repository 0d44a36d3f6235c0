/** Values as bytes, for what leaves the isolate: messages of queues, arguments of calls. */
import { deserialize, serialize } from '../workers/wire-values.ts';
import { provide } from '../link.ts';

const offers = { deserialize, serialize };

declare module '../link.ts' {
  interface Chunks {
    values: typeof offers;
  }
}

provide('values', offers);
