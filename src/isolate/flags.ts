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
  // V8 tells isolates things from threads that hold what the end of an isolate needs, and isolated-vm may delete the isolate right there:
  // the thread waits for itself, and soon all others for it. To collect code of WebAssembly that is not used any more, V8 asks every
  // isolate of the process, under a lock of the process. An idle one never answers, so nothing is collected where there are many
  // anyway. Code goes with its module as before.
  '--no-wasm-code-gc',
  // When WebAssembly.compile is done, it says so from a thread that the isolate's end waits for. Now it is done on the isolate's own thread, and
  // on its time.
  '--no-wasm-async-compilation',
];
