/** Text and base64. */
import { atob, btoa } from '../web/base64.ts';
import { TextDecoder } from '../web/encoding/text-decoder.ts';
import { TextEncoder } from '../web/encoding/text-encoder.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    encoding: typeof offers;
  }
}

provide('encoding', offers, { TextDecoder, TextEncoder, atob, btoa });
