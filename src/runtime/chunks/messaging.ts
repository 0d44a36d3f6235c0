/** MessageChannel and MessagePort. */
import { MessageChannel } from '../web/message-channel.ts';
import { MessagePort } from '../web/message-port.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    messaging: typeof offers;
  }
}

provide('messaging', offers, { MessageChannel, MessagePort });
