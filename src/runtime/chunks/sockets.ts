/** TCP sockets. */
import { acceptSocket, connect, connectBinding, connectService, overrideAddress } from '../workers/sockets/connect.ts';
import { provide } from '../link.ts';

const offers = { acceptSocket, connect, connectBinding, connectService, overrideAddress };

declare module '../link.ts' {
  interface Chunks {
    sockets: typeof offers;
  }
}

provide('sockets', offers);
