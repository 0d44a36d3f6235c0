/**
 * How the objects of the Web APIs are shown by `inspect`. Importing this file registers them.
 */
import { ArrayPrototypeConcat, ArrayPrototypePush, ReflectApply } from '../primordials.ts';
import { AbortController, AbortSignal, isAbortController, isAbortSignal } from './abort.ts';
import { Blob, isBlob } from './blob.ts';
import { Event, isEvent } from './event.ts';
import { File, isFile } from './file.ts';
import { byGetters, type Description, registerInspector } from './inspect.ts';
import { isReadableStream, ReadableStream } from './streams/readable-stream.ts';
import { isURLSearchParams, URLSearchParams } from './url/search-params.ts';
import { isURL, URL } from './url/url.ts';

registerInspector(isEvent, byGetters(Event, 'Event', ['type', 'defaultPrevented', 'cancelable', 'timeStamp']));
registerInspector(isAbortController, byGetters(AbortController, 'AbortController', ['signal']));
registerInspector(isAbortSignal, byGetters(AbortSignal, 'AbortSignal', ['aborted', 'reason']));
registerInspector(isBlob, byGetters(Blob, 'Blob', ['size', 'type']));
const describeBlob = byGetters(Blob, 'File', ['size', 'type']);
const describeFile = byGetters(File, 'File', ['name', 'lastModified']);
registerInspector(isFile, (file) => ({ name: 'File', entries: ArrayPrototypeConcat(describeBlob(file).entries, describeFile(file).entries) }));

registerInspector(isURL, byGetters(URL, 'URL', ['href', 'origin', 'protocol', 'host', 'pathname', 'search', 'hash']));
registerInspector(isReadableStream, byGetters(ReadableStream, 'ReadableStream', ['locked']));
/** A `describe` for lists of pairs. The iterator method is captured now, before the app can replace it. */
const byPairs = <T extends object>(constructor: { prototype: T }, name: string): ((value: T) => Description) => {
  const each = (constructor.prototype as unknown as { forEach(f: (value: unknown, key: string) => void): void }).forEach;
  return (value) => {
    const entries: [string, unknown][] = [];
    ReflectApply(each, value, [(item: unknown, key: string) => ArrayPrototypePush(entries, [key, item])]);
    return { name, entries };
  };
};
registerInspector(isURLSearchParams, byPairs(URLSearchParams, 'URLSearchParams'));
