/**
 * Bodies and forms: blobs and form data made of bodies, and bodies made of them.
 */
import { BodyKind } from '../../protocol/ops.ts';
import { chunk } from '../link.ts';
import { TypeErrorCtor } from '../primordials.ts';
import { type Blob, blobBytes, blobType, createBlob, isBlob } from './blob.ts';
import { type Body, bytesBody, newBody, textBody } from './body.ts';
import { FormData, appendFormDataEntry, isFormData } from './form-data.ts';
import { essence, extractMimeType, serializeMimeType } from './mime-type.ts';
import { parseMultipart, serializeFormData } from './multipart.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The body of a Blob or FormData; undefined for anything else. @see https://fetch.spec.whatwg.org/#concept-bodyinit-extract */
export function bodyOfForm(init: object): Body | undefined {
  if (isBlob(init)) return newBody(BodyKind.bytes, blobBytes(init) as Bytes, blobType(init) || undefined, true);
  if (!isFormData(init)) return undefined;
  const { body, type } = serializeFormData(init);
  return typeof body === 'string' ? textBody(body, type) : bytesBody(body, type);
}

/** @see https://fetch.spec.whatwg.org/#dom-body-blob */
export function blobOfBody(bytes: Bytes, contentType: string | null): Blob {
  const mimeType = extractMimeType(contentType);
  return createBlob(bytes, mimeType === null ? '' : serializeMimeType(mimeType));
}

/** @see https://fetch.spec.whatwg.org/#dom-body-formdata */
export function formDataOfBody(bytes: Bytes, contentType: string | null): FormData {
  const mimeType = extractMimeType(contentType);
  const name = mimeType === null ? '' : essence(mimeType);
  if (mimeType !== null && name === 'multipart/form-data') {
    const formData = parseMultipart(bytes, mimeType);
    if (formData === null) throw new TypeErrorCtor('Failed to parse the body as multipart/form-data: it is malformed, or its content type has no boundary.');
    return formData;
  }
  if (name !== 'application/x-www-form-urlencoded') {
    if (contentType === null) throw new TypeErrorCtor('Parsing a Body as FormData requires a Content-Type header.');
    throw new TypeErrorCtor(
      `Unrecognized Content-Type header value. FormData can only parse the following MIME types: multipart/form-data, application/x-www-form-urlencoded (received: ${contentType}).`,
    );
  }
  const formData = new FormData();
  const pairs = chunk('url').parseUrlEncoded(bytes);
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as [string, string];
    appendFormDataEntry(formData, pair[0], pair[1]);
  }
  return formData;
}
