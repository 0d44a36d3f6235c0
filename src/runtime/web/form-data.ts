/**
 * FormData. There is no DOM, hence no form to fill it from.
 * @see https://xhr.spec.whatwg.org/#interface-formdata
 */
import { ArrayPrototypePush, ArrayPrototypeSplice, TypeErrorCtor } from '../primordials.ts';
import { USVString, argument, defineInterface, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { type Blob, isBlob } from './blob.ts';
import { type File, fileFromBlob, isFile } from './file.ts';
import { createPairIterators } from './pair-iterator.ts';

/** An entry's value. */
export type FormDataValue = string | File;
type Entry = [name: string, value: FormDataValue];

/** @see https://html.spec.whatwg.org/#create-an-entry */
function fileFor(blob: Blob, filename: string | undefined): File {
  if (isFile(blob)) return filename === undefined ? blob : fileFromBlob(blob, filename, blob.lastModified);
  return fileFromBlob(blob, filename ?? 'blob');
}

/** The arguments of `append` and `set`, which have two overloads: a string, or a Blob with an optional file name. */
function convertEntry(operation: string, given: number, name: unknown, value: unknown, filename: unknown): Entry {
  requireArguments(given, 2, `FormData.${operation}`);
  const typedName = USVString(name, argument(operation, 'FormData', 1));
  if (isBlob(value)) {
    return [typedName, fileFor(value, given > 2 && filename !== undefined ? USVString(filename, argument(operation, 'FormData', 3)) : undefined)];
  }
  if (given > 2) throw new TypeErrorCtor(`${argument(operation, 'FormData', 2)} is not of type 'Blob'.`);
  return [typedName, USVString(value, argument(operation, 'FormData', 2))];
}

export let isFormData: (value: unknown) => value is FormData;
/** The list itself: read it, do not keep it. */
export let formDataEntries: (formData: FormData) => readonly (readonly [string, FormDataValue])[];
/** Appends without conversion: for parsers. */
export let appendFormDataEntry: (formData: FormData, name: string, value: FormDataValue) => void;

export class FormData {
  #entries: Entry[] = [];

  constructor(form: unknown = undefined) {
    if (form !== undefined) throw new TypeErrorCtor("Failed to construct 'FormData': parameter 1 is not of type 'HTMLFormElement'.");
  }

  append(name: unknown, value: unknown, filename: unknown = undefined): void {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    ArrayPrototypePush(this.#entries, convertEntry('append', arguments.length, name, value, filename));
  }

  delete(name: unknown): void {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'FormData.delete');
    const typed = USVString(name, argument('delete', 'FormData', 1));
    for (let i = this.#entries.length - 1; i >= 0; i--) {
      if (this.#entries[i]?.[0] === typed) ArrayPrototypeSplice(this.#entries, i, 1);
    }
  }

  get(name: unknown): FormDataValue | null {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'FormData.get');
    const typed = USVString(name, argument('get', 'FormData', 1));
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (entry[0] === typed) return entry[1];
    }
    return null;
  }

  getAll(name: unknown): FormDataValue[] {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'FormData.getAll');
    const typed = USVString(name, argument('getAll', 'FormData', 1));
    const values: FormDataValue[] = [];
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i] as Entry;
      if (entry[0] === typed) ArrayPrototypePush(values, entry[1]);
    }
    return values;
  }

  has(name: unknown): boolean {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, 'FormData.has');
    const typed = USVString(name, argument('has', 'FormData', 1));
    for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i]?.[0] === typed) return true;
    return false;
  }

  set(name: unknown, value: unknown, filename: unknown = undefined): void {
    if (!isObject(this) || !(#entries in this)) throw illegalInvocation();
    const entry = convertEntry('set', arguments.length, name, value, filename);
    let isPlaced = false;
    for (let i = 0; i < this.#entries.length; ) {
      if (this.#entries[i]?.[0] !== entry[0]) i++;
      else if (isPlaced) ArrayPrototypeSplice(this.#entries, i, 1);
      else {
        this.#entries[i++] = entry;
        isPlaced = true;
      }
    }
    if (!isPlaced) ArrayPrototypePush(this.#entries, entry);
  }

  static {
    isFormData = (value: unknown): value is FormData => isObject(value) && #entries in value;
    formDataEntries = (formData) => formData.#entries;
    appendFormDataEntry = (formData, name, value) => {
      ArrayPrototypePush(formData.#entries, [name, value]);
    };
  }
}

createPairIterators<string, FormDataValue>(FormData, 'FormData', isFormData, (value) => formDataEntries(value as FormData));
defineInterface(FormData, 'FormData');
