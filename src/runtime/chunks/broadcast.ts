/** BroadcastChannel. */
import { BroadcastChannel, dropChannels } from '../web/broadcast-channel.ts';
import { provide } from '../link.ts';

const offers = { dropChannels };

declare module '../link.ts' {
  interface Chunks {
    broadcast: typeof offers;
  }
}

provide('broadcast', offers, { BroadcastChannel });
