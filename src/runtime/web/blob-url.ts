/**
 * blob: URLs: names for blobs, valid in this isolate until they are revoked.
 *
 * A request takes hold of its blob when it is made, so that revoking the name does not harm it.
 *
 * @see https://w3c.github.io/FileAPI/#url
 * @see https://fetch.spec.whatwg.org/#scheme-fetch
 */
import { BodyKind } from '../../protocol/ops.ts';
import {
  MapCtor,
  MapPrototypeDelete,
  MapPrototypeGet,
  MapPrototypeSet,
  MathRandom,
  NumberCtor,
  NumberPrototypeToString,
  RegExpPrototypeExec,
  StringPrototypeIndexOf,
  StringPrototypePadStart,
  StringPrototypeSlice,
  TypeErrorCtor,
  TypedArrayPrototypeGetByteLength,
  Uint8ArrayCtor,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteOffset,
} from '../primordials.ts';
import { USVString, argument } from '../webidl.ts';
import { type Blob, blobBytes, blobType, isBlob } from './blob.ts';
import { newBody } from './body.ts';
import { getHeader } from './headers.ts';
import { parseMimeType } from './mime-type.ts';
import { type RequestState, requestHeaders } from './request.ts';
import { type Response, adoptResponse } from './response.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const entries = new MapCtor<string, Blob>();

/** Unique is enough: nobody outside of the isolate can use it. */
const digits = (count: number): string => {
  const value = MathRandom() * 16 ** count;
  return StringPrototypePadStart(NumberPrototypeToString(value - (value % 1), 16), count, '0');
};

/** There is no origin: it is "null". @see https://w3c.github.io/FileAPI/#dfn-createObjectURL */
export function createObjectURL(object: unknown): string {
  if (!isBlob(object)) throw new TypeErrorCtor(`${argument('createObjectURL', 'URL', 1)} is not of type 'Blob'.`);
  const url = `blob:null/${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
  MapPrototypeSet(entries, url, object);
  return url;
}

/** @see https://w3c.github.io/FileAPI/#dfn-revokeObjectURL */
export function revokeObjectURL(url: unknown): void {
  MapPrototypeDelete(entries, USVString(url, argument('revokeObjectURL', 'URL', 1)));
}

/** The blob of a URL, whose fragment does not count. */
export function blobOfUrl(url: string): Blob | undefined {
  const hash = StringPrototypeIndexOf(url, '#');
  return MapPrototypeGet(entries, hash === -1 ? url : StringPrototypeSlice(url, 0, hash));
}

/**
 * What `fetch` of a blob: URL comes to.
 * @throws TypeError where the URL was revoked when the request was made, or the request asks for something else than bytes that are there
 */
export function fetchBlob(state: RequestState): Response {
  const { blob, url } = state;
  if (blob === undefined) throw new TypeErrorCtor(`Fetch API cannot load: ${url}: it is not known.`);
  if (state.method !== 'GET') throw new TypeErrorCtor(`Fetch API cannot load: ${url}: blobs can only be got, with GET.`);
  const bytes = blobBytes(blob) as Bytes;
  const size = TypedArrayPrototypeGetByteLength(bytes);
  // "A parsable MIME type, or the empty string": https://w3c.github.io/FileAPI/#dfn-type
  const type = `\ncontent-type\n${parseMimeType(blobType(blob)) === null ? '' : blobType(blob)}`;
  const range = getHeader(requestHeaders(state), 'range');
  if (range === null) return respond(url, 200, 'OK', `content-length\n${size}${type}`, bytes);
  const found = readRange(range, size);
  if (found === undefined) throw new TypeErrorCtor(`Fetch API cannot load: ${url}: it has no such range.`);
  const { 0: first, 1: last } = found;
  const part = new Uint8ArrayCtor(TypedArrayPrototypeGetBuffer(bytes) as ArrayBuffer, TypedArrayPrototypeGetByteOffset(bytes) + first, last - first + 1);
  return respond(url, 206, 'Partial Content', `content-length\n${last - first + 1}${type}\ncontent-range\nbytes ${first}-${last}/${size}`, part);
}

function respond(url: string, status: number, statusText: string, headers: string, bytes: Bytes): Response {
  const body = newBody(BodyKind.bytes, bytes, undefined, true);
  return adoptResponse({
    type: 'basic',
    status,
    statusText,
    headers,
    isImmutable: true,
    body,
    url,
    redirected: false,
    isEncoded: false,
    cf: undefined,
    webSocket: null,
  });
}

const RANGE = /^bytes[\t ]*=[\t ]*([0-9]*)[\t ]*-[\t ]*([0-9]*)$/;

/** The first and last byte asked for. @see https://fetch.spec.whatwg.org/#simple-range-header-value */
function readRange(range: string, size: number): [first: number, last: number] | undefined {
  const match = RegExpPrototypeExec(RANGE, range);
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  let first = NumberCtor(match[1]);
  let last = match[2] === '' ? size - 1 : NumberCtor(match[2]);
  if (match[1] === '') {
    first = size > last ? size - last : 0;
    last = size - 1;
  } else if (match[2] !== '' && first > last) return undefined;
  if (first >= size) return undefined;
  return [first, last < size ? last : size - 1];
}
