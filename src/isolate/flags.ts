/**
 * What Node has to be started with where isolates live. `bin/nano.js` and the test command name the same, in languages that cannot
 * import this.
 */
export const ISOLATE_FLAGS: readonly string[] = [
  // isolated-vm cannot live beside Node's own start-up snapshot.
  '--no-node-snapshot',
  // With loop unrolling, TurboFan also takes the check for interrupts out of loops whose calls it trusts to check for
  // themselves. Built-ins do not: `for (;;) new Array(1000)` could then be stopped by no limit, neither CPU nor memory.
  '--no-turboshaft-loop-unrolling',
  // To collect WebAssembly code that is not used any more, V8 asks every isolate of the process, under a lock of the process.
  // isolated-vm may delete an isolate right there, which needs that lock: the thread waits for itself, and soon all others for it.
  // An idle isolate never answers, so nothing is collected where there are many anyway. Code goes with its module as before.
  '--no-wasm-code-gc',
];
