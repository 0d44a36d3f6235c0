/** CompressionStream and DecompressionStream. */
import { CompressionStream, DecompressionStream } from '../web/compression.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    compression: typeof offers;
  }
}

provide('compression', offers, { CompressionStream, DecompressionStream });
