/** WebAssembly, with its memory limited. */
import { provide } from '../link.ts';
import { originalWebAssembly } from '../web/wasm/original.ts';
import { readModule } from '../web/wasm/read-module.ts';
import { limitWebAssembly } from '../web/wasm/web-assembly.ts';

const { namespace, memoryMb } = originalWebAssembly();

const offers = {
  /** Makes a module of the app's own. */
  compile: (bytes: unknown): object => new (namespace as { Module: new (bytes: unknown) => object }).Module(bytes),
  /** Bytes of WebAssembly memory in the isolate. */
  total: limitWebAssembly(namespace, memoryMb, readModule),
};

declare module '../link.ts' {
  interface Chunks {
    wasm: typeof offers;
  }
}

provide('wasm', offers, { WebAssembly: namespace });
