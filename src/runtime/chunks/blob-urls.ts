/** blob: URLs. */
import { blobOfUrl, createObjectURL, fetchBlob, revokeObjectURL } from '../web/blob-url.ts';
import { provide } from '../link.ts';

const offers = { blobOfUrl, createObjectURL, fetchBlob, revokeObjectURL };

declare module '../link.ts' {
  interface Chunks {
    'blob-urls': typeof offers;
  }
}

provide('blob-urls', offers);
