/** WebAssembly, with its memory limited. */
import { peek, provide } from '../link.ts';
import { setAside } from '../web/originals.ts';
import { readModule } from '../web/wasm/read-module.ts';
import { limitWebAssembly } from '../web/wasm/web-assembly.ts';

const { WebAssembly: namespace, memoryMb } = setAside();

const offers = {
  /** Makes a module of the app's own. */
  compile: (bytes: unknown): object => new (namespace as { Module: new (bytes: unknown) => object }).Module(bytes),
  /** Bytes of WebAssembly memory in the isolate. */
  total: limitWebAssembly(namespace, memoryMb, readModule, () => peek('shared-memory') !== undefined),
};

declare module '../link.ts' {
  interface Chunks {
    wasm: typeof offers;
  }
}

provide('wasm', offers, { WebAssembly: namespace });
