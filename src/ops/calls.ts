/** Calls of an isolate that it can abort, by call number. */
import type { Handles } from './handles.ts';

const callsByIsolate = new WeakMap<Handles, Map<number, AbortController>>();

/** The abortable calls of an isolate. */
export function callsOf(handles: Handles): Map<number, AbortController> {
  let calls = callsByIsolate.get(handles);
  if (calls === undefined) callsByIsolate.set(handles, (calls = new Map()));
  return calls;
}
