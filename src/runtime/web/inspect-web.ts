/**
 * How events, abort signals, blobs and files are shown by `inspect`. Importing this file registers them.
 */
import { ArrayPrototypeConcat } from '../primordials.ts';
import { AbortController, AbortSignal, isAbortController, isAbortSignal } from './abort.ts';
import { Blob, isBlob } from './blob.ts';
import { Event, isEvent } from './event.ts';
import { File, isFile } from './file.ts';
import { byGetters, registerInspector } from './inspect.ts';

registerInspector(isEvent, byGetters(Event, 'Event', ['type', 'defaultPrevented', 'cancelable', 'timeStamp']));
registerInspector(isAbortController, byGetters(AbortController, 'AbortController', ['signal']));
registerInspector(isAbortSignal, byGetters(AbortSignal, 'AbortSignal', ['aborted', 'reason']));
registerInspector(isBlob, byGetters(Blob, 'Blob', ['size', 'type']));
const describeBlob = byGetters(Blob, 'File', ['size', 'type']);
const describeFile = byGetters(File, 'File', ['name', 'lastModified']);
registerInspector(isFile, (file) => ({ name: 'File', entries: ArrayPrototypeConcat(describeBlob(file).entries, describeFile(file).entries) }));
