/** TCP sockets. */
import { connect, connectBinding, overrideAddress } from '../workers/sockets/connect.ts';
import { provide } from '../link.ts';

const offers = { connect, connectBinding, overrideAddress };

declare module '../link.ts' {
  interface Chunks {
    sockets: typeof offers;
  }
}

provide('sockets', offers);
