/**
 * V8's own functions that apps do not get as they are, set aside before tenant code runs.
 *
 * `WebAssembly` comes back with the chunk "wasm", its memory limited. What is shared between threads comes back with
 * the chunk "shared-memory", where the server says so.
 *
 * Contract: no app reaches what is kept here.
 */
type Originals = { memoryMb: number; WebAssembly: object; SharedArrayBuffer: SharedArrayBufferConstructor; wait: typeof Atomics.wait };

let originals: Originals;

/** Takes them out of the scope. They are not there while the start-up snapshot is made, so `boot` calls this. @param memoryMb megabytes the isolate may have */
export function setAsideOriginals(scope: Record<string, unknown>, memoryMb: number): void {
  const { WebAssembly, SharedArrayBuffer, Atomics } = scope as Originals & { Atomics: Partial<typeof globalThis.Atomics> };
  originals = { memoryMb, WebAssembly, SharedArrayBuffer, wait: Atomics.wait as Originals['wait'] };
  delete scope['WebAssembly'];
  delete scope['SharedArrayBuffer'];
  delete Atomics.wait;
  delete Atomics.waitAsync;
}

/** What was set aside, and the megabytes an isolate may have. */
export function setAside(): Originals {
  return originals;
}
