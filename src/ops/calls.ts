/** Calls of an isolate that it can abort, by call number. */
import { Numbered } from '../base/numbered.ts';
import { invalidCall } from '../base/op-error.ts';
import { type Upload, uploadsOf } from './body-upload.ts';
import type { Handles } from './handles.ts';

const callsByIsolate = new WeakMap<Handles, Numbered<AbortController>>();

function callsOf(handles: Handles): Numbered<AbortController> {
  let calls = callsByIsolate.get(handles);
  if (calls === undefined) callsByIsolate.set(handles, (calls = new Numbered()));
  return calls;
}

/** Notes a call that can be aborted from now on. @throws OpError for a number that is none, or is taken */
export function beginCall(handles: Handles, call: number): AbortController {
  const calls = callsOf(handles);
  if (!Number.isSafeInteger(call) || calls.get(call) !== undefined) throw invalidCall();
  const controller = new AbortController();
  calls.set(call, controller);
  return controller;
}

/** Aborts a call, if it is still under way. */
export function abortCall(handles: Handles, call: unknown): void {
  callsOf(handles).get(call)?.abort();
}

/** The call has its answer. The rest of its upload may still be on its way: it lasts as long as somebody reads it. */
export function endCall(handles: Handles, call: number, upload: Upload | undefined): void {
  callsOf(handles).delete(call);
  if (upload === undefined) return;
  const uploads = uploadsOf(handles);
  if (upload.closed) uploads.delete(call);
  else upload.once('close', () => uploads.delete(call));
}
