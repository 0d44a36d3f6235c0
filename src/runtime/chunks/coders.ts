/** Text decoders and encoders as streams. */
import { TextDecoderStream } from '../web/encoding/text-decoder-stream.ts';
import { TextEncoderStream } from '../web/encoding/text-encoder-stream.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    coders: typeof offers;
  }
}

provide('coders', offers, { TextDecoderStream, TextEncoderStream });
