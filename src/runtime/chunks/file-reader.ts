/** FileReader and what belongs to it. */
import { FileList, FileReader } from '../web/file-reader.ts';
import { ProgressEvent } from '../web/progress-event.ts';
import { provide } from '../link.ts';

const offers = {};

declare module '../link.ts' {
  interface Chunks {
    'file-reader': typeof offers;
  }
}

provide('file-reader', offers, { FileList, FileReader, ProgressEvent });
