import bytes from './bytes.bin';
import data from './data.json';
import fib from './fib.wasm';
import note from './note.txt';
import own from './own.dat';
import page from './page.html';

export default {
  fetch() {
    return Response.json({
      data: data.a,
      polluted: {}.polluted ?? null,
      note,
      page,
      bytes: [bytes instanceof ArrayBuffer, ...new Uint8Array(bytes)],
      own: [...new Uint8Array(own)],
      wasm: [fib instanceof WebAssembly.Module, String(new WebAssembly.Instance(fib).exports.fib(10))],
    });
  },
};
