/** Blobs, files and forms, and bodies of them. */
import { Blob, blobBytes, blobType, createBlob, isBlob, shareBlob } from '../web/blob.ts';
import { blobOfBody, bodyOfForm, formDataOfBody } from '../web/body-forms.ts';
import { describe } from '../web/describe-forms.ts';
import { File, fileFromBlob, isFile } from '../web/file.ts';
import { FormData } from '../web/form-data.ts';
import { provide } from '../link.ts';

const offers = { blobBytes, blobOfBody, blobType, bodyOfForm, createBlob, describe, fileFromBlob, formDataOfBody, isBlob, isFile, shareBlob };

declare module '../link.ts' {
  interface Chunks {
    forms: typeof offers;
  }
}

provide('forms', offers, { Blob, File, FormData });
