/**
 * FileReader and FileList.
 *
 * Contract: a blob's bytes are all in memory, so a read is three tasks: loadstart, progress where there are bytes, and the
 * end. Each knows the read it belongs to; a read that was aborted is over.
 *
 * Departure: there is no document whose file input would make a FileList; the interface is there for those who ask what it is.
 *
 * @see https://w3c.github.io/FileAPI/#APIASynch
 */
import {
  MapPrototypeGet,
  ObjectSetPrototypeOf,
  TypedArrayPrototypeGetBuffer,
  TypedArrayPrototypeGetByteLength,
  TypeErrorCtor,
  Uint8ArrayCtor,
} from '../primordials.ts';
import { DOMString, argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { defineConstants, unsignedLong } from '../webidl-types.ts';
import { encodeBase64 } from './base64.ts';
import { type Blob, blobBytes, blobType, isBlob } from './blob.ts';
import { DOMException } from './dom-exception.ts';
import { latin1FromBytes } from './encoding/code-units.ts';
import { Decoder } from './encoding/decoder.ts';
import { encodingFromLabel } from './encoding/labels.ts';
import { defineEventHandler } from './event-handler.ts';
import { EventTarget, dispatchTrusted, hasListener } from './event-target.ts';
import { parseMimeType } from './mime-type.ts';
import { ProgressEvent } from './progress-event.ts';
import { queueTask } from './timers.ts';

const EMPTY = 0;
const LOADING = 1;
const DONE = 2;

type Pack = (bytes: Uint8Array, type: string) => string | ArrayBuffer;
type State = { readyState: number; result: string | ArrayBuffer | null; error: DOMException | null /** The read under way. */; read: object | undefined };

let stateOf: (value: unknown) => State;
let hasBrand: (value: unknown) => value is FileReader;

export class FileReader extends EventTarget {
  #state: State = { readyState: EMPTY, result: null, error: null, read: undefined };

  static {
    hasBrand = (value): value is FileReader => isObject(value) && #state in value;
    stateOf = (value) => {
      if (!hasBrand(value)) throw illegalInvocation();
      return value.#state;
    };
  }

  // biome-ignore lint/complexity/noUselessConstructor: EventTarget's takes no more arguments either, and the length of this one is 0
  constructor() {
    super();
  }

  get readyState(): number {
    return stateOf(this).readyState;
  }

  get result(): string | ArrayBuffer | null {
    return stateOf(this).result;
  }

  get error(): DOMException | null {
    return stateOf(this).error;
  }

  readAsArrayBuffer(blob: unknown): void {
    stateOf(this);
    begin(this, readable(blob, arguments.length, 'readAsArrayBuffer'), (bytes) => TypedArrayPrototypeGetBuffer(new Uint8ArrayCtor(bytes)) as ArrayBuffer);
  }

  readAsBinaryString(blob: unknown): void {
    stateOf(this);
    begin(this, readable(blob, arguments.length, 'readAsBinaryString'), (bytes) => latin1FromBytes(bytes));
  }

  readAsDataURL(blob: unknown): void {
    stateOf(this);
    begin(this, readable(blob, arguments.length, 'readAsDataURL'), (bytes, type) => `data:${type || 'application/octet-stream'};base64,${encodeBase64(bytes)}`);
  }

  readAsText(blob: unknown, encoding: unknown = undefined): void {
    stateOf(this);
    const given = readable(blob, arguments.length, 'readAsText');
    const label = encoding === undefined ? undefined : DOMString(encoding, argument('readAsText', 'FileReader', 2));
    begin(this, given, (bytes, type) => packageText(bytes, type, label));
  }

  /** @see https://w3c.github.io/FileAPI/#abort */
  abort(): void {
    const state = stateOf(this);
    state.result = null;
    if (state.readyState !== LOADING) return;
    state.readyState = DONE;
    state.read = undefined;
    fire(this, 'abort', 0, 0);
    if ((state.readyState as number) !== LOADING) fire(this, 'loadend', 0, 0);
  }
}

const readable = (value: unknown, given: number, method: string): Blob => {
  requireArguments(given, 1, `FileReader.${method}`);
  if (!isBlob(value)) throw new TypeErrorCtor(`${argument(method, 'FileReader', 1)} is not of type 'Blob'.`);
  return value;
};

const fire = (reader: FileReader, type: string, loaded: number, total: number): void => {
  if (hasListener(reader, type)) dispatchTrusted(reader, new ProgressEvent(type, { __proto__: null, lengthComputable: total > 0, loaded, total }));
};

/** @see https://w3c.github.io/FileAPI/#readOperation */
function begin(reader: FileReader, blob: Blob, pack: Pack): void {
  const state = stateOf(reader);
  if (state.readyState === LOADING) throw new DOMException('The FileReader is busy with another read.', 'InvalidStateError');
  state.readyState = LOADING;
  state.result = null;
  state.error = null;
  const read = (state.read = {});
  const bytes = blobBytes(blob);
  const size = TypedArrayPrototypeGetByteLength(bytes);
  const finish = (): void => {
    if (state.read !== read) return;
    state.read = undefined;
    state.readyState = DONE;
    state.result = pack(bytes, blobType(blob));
    fire(reader, 'load', size, size);
    // A task of its own, because between two listeners there is no microtask checkpoint here.
    if ((state.readyState as number) !== LOADING) queueTask(() => fire(reader, 'loadend', size, size));
  };
  queueTask(() => {
    if (state.read !== read) return;
    fire(reader, 'loadstart', 0, size);
    queueTask(() => {
      if (state.read !== read) return;
      if (size === 0) return finish();
      fire(reader, 'progress', size, size);
      queueTask(finish);
    });
  });
}

/** @see https://w3c.github.io/FileAPI/#blob-package-data */
function packageText(bytes: Uint8Array, type: string, label: string | undefined): string {
  let encoding = label === undefined ? null : encodingFromLabel(label);
  if (encoding === null) {
    const mimeType = parseMimeType(type);
    const charset = mimeType === null ? undefined : MapPrototypeGet(mimeType.parameters, 'charset');
    if (charset !== undefined) encoding = encodingFromLabel(charset);
  }
  return new Decoder(markedEncoding(bytes) ?? encoding ?? 'utf-8', false, false).decode(bytes, false);
}

/** What a byte order mark says. @see https://encoding.spec.whatwg.org/#bom-sniff */
function markedEncoding(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : undefined;
}

defineInterface(FileReader, 'FileReader');
defineConstants(FileReader, { EMPTY, LOADING, DONE });
ObjectSetPrototypeOf(FileReader, EventTarget);
const HANDLERS = ['onloadstart', 'onprogress', 'onload', 'onabort', 'onerror', 'onloadend'];
for (let i = 0; i < HANDLERS.length; i++) {
  defineEventHandler(FileReader.prototype, HANDLERS[i] as string, (self) => (hasBrand(self) ? self : undefined));
}

/** @see https://w3c.github.io/FileAPI/#filelist-section */
export class FileList {
  #files: readonly Blob[] = [];

  constructor() {
    throw illegalConstructor();
  }

  get length(): number {
    if (!isObject(this) || !(#files in this)) throw illegalInvocation();
    return this.#files.length;
  }

  item(index: unknown): Blob | null {
    if (!isObject(this) || !(#files in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'FileList.item');
    return this.#files[unsignedLong(index, argument('item', 'FileList', 1))] ?? null;
  }
}

defineInterface(FileList, 'FileList');
