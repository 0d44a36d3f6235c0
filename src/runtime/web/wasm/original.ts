/**
 * V8's own `WebAssembly`, set aside before tenant code runs: what an app gets under that name has its memory limited,
 * and comes with the chunk "wasm".
 */
let original: object | undefined;
let memoryMb = 0;

/** Takes V8's namespace out of the scope. It is not there while the start-up snapshot is made, so `boot` calls this. */
export function setAsideWebAssembly(scope: Record<string, unknown>, limitMb: number): void {
  original = scope['WebAssembly'] as object;
  memoryMb = limitMb;
  delete scope['WebAssembly'];
}

/** The namespace, and the megabytes an isolate may have. */
export function originalWebAssembly(): { namespace: object; memoryMb: number } {
  return { namespace: original as object, memoryMb };
}
