/** crypto.DigestStream. */
import { DigestStream } from '../web/crypto/digest-stream.ts';
import { provide } from '../link.ts';

const offers = { DigestStream };

declare module '../link.ts' {
  interface Chunks {
    digest: typeof offers;
  }
}

provide('digest', offers);
