/**
 * File: a Blob with a name.
 * @see https://w3c.github.io/FileAPI/#file-section
 */
import { ArrayPrototypeConcat } from '../primordials.ts';
import { USVString, defineInterface, illegalInvocation, requireArguments } from '../webidl.ts';
import { type Member, dictionary, integer } from '../webidl-types.ts';
import { wallNow } from './clock.ts';
import { BLOB_OPTIONS, Blob, blobParts, blobState, createBlob, normaliseType, shareState, type BlobOptions } from './blob.ts';

type FileOptions = BlobOptions & { lastModified?: number };

const fileOptions = dictionary<FileOptions>(
  'FilePropertyBag',
  ArrayPrototypeConcat<Member<unknown>>(BLOB_OPTIONS, [{ key: 'lastModified', converter: integer(64, true) }]),
);
const INTERNAL = {};

let hasBrand: (value: unknown) => value is File;

export class File extends Blob {
  #name: string;
  #lastModified: number;

  constructor(bits: unknown, name: unknown, options: unknown = undefined) {
    if (options === INTERNAL) {
      const { 0: blob, 1: fileName, 2: lastModified } = bits as [Blob, string, number];
      const { 0: state, 1: token } = shareState(blob);
      super(state, token);
      this.#name = fileName;
      this.#lastModified = lastModified;
      return;
    }
    requireArguments(arguments.length, 2, "Failed to construct 'File'");
    const parts = blobParts(bits, "Failed to construct 'File': parameter 1");
    const fileName = USVString(name, "Failed to construct 'File': parameter 2");
    const given = fileOptions(options, "Failed to construct 'File': parameter 3");
    const { 0: state, 1: token } = blobState(parts, given);
    super(state, token);
    this.#name = fileName;
    this.#lastModified = given.lastModified ?? wallNow();
  }

  static {
    hasBrand = (value): value is File => typeof value === 'object' && value !== null && #name in value;
  }

  get name(): string {
    if (!hasBrand(this)) throw illegalInvocation();
    return this.#name;
  }

  get lastModified(): number {
    if (!hasBrand(this)) throw illegalInvocation();
    return this.#lastModified;
  }
}

export const isFile = hasBrand;

/** A File of a blob's bytes. */
export function fileFromBlob(blob: Blob, name: string, lastModified: number = wallNow()): File {
  return new File([blob, name, lastModified], '', INTERNAL);
}

/** A File that takes over `bytes`: they must not change afterwards. */
export function createFile(bytes: Uint8Array, name: string, type: string): File {
  return fileFromBlob(createBlob(bytes, normaliseType(type)), name);
}

defineInterface(File, 'File');
