/**
 * The few names of the language's host that V8 itself brings but lib.esnext does not declare.
 * Web APIs are imported from their files, never taken from the global scope.
 */
interface ErrorConstructor {
  captureStackTrace(target: object, skip?: unknown): void;
  stackTraceLimit: number;
}

// biome-ignore lint/style/noNamespace: that is what the language calls it
declare namespace WebAssembly {
  const Module: new (bytes: unknown) => object;
}
