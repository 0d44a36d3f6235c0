/** Calls of an isolate that it can abort, by call number. */
import { Numbered } from '../base/numbered.ts';
import type { Handles } from './handles.ts';

const callsByIsolate = new WeakMap<Handles, Numbered<AbortController>>();

/** The abortable calls of an isolate. */
export function callsOf(handles: Handles): Numbered<AbortController> {
  let calls = callsByIsolate.get(handles);
  if (calls === undefined) callsByIsolate.set(handles, (calls = new Numbered()));
  return calls;
}
