/** How blobs and forms are shown by `inspect`. */
import { ArrayPrototypeConcat } from '../primordials.ts';
import { Blob, isBlob } from './blob.ts';
import { type Description, byGetters } from './describe.ts';
import { File, isFile } from './file.ts';
import { formDataEntries, isFormData } from './form-data.ts';

const describeBlob = byGetters(Blob, 'Blob', ['size', 'type']);
const describeFile = byGetters(File, 'File', ['name', 'lastModified']);

export function describe(value: object): Description | undefined {
  if (isFile(value)) return { name: 'File', entries: ArrayPrototypeConcat(describeBlob(value).entries, describeFile(value).entries) };
  if (isBlob(value)) return describeBlob(value);
  return isFormData(value) ? { name: 'FormData', entries: formDataEntries(value) } : undefined;
}
