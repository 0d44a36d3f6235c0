/** A process that deletes isolates while code of WebAssembly dies. Says how many, and ends. */
import ivm from 'isolated-vm';
import { deleteIsolate } from './deletion.ts';

const ROUNDS = 20;
const TOGETHER = 12;

/** Module after module whose function is called until V8 compiles it once more: the code it had is dead then. */
const HOT = `for (let n = 0; ; n++) {
  const constant = [(n & 127) | 128, ((n >> 7) & 127) | 128, (n >> 14) & 63];
  // (func (export "f") (param i32) (result i32) local.get 0 i32.const n i32.add)
  const body = [0, 0x20, 0, 0x41, ...constant, 0x6a, 0x0b];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, 2, 1, 0, 7, 5, 1, 1, 0x66, 0, 0];
  const module = new WebAssembly.Module(new Uint8Array([...head, 10, body.length + 2, 1, body.length, ...body]));
  const { f } = new WebAssembly.Instance(module).exports;
  for (let i = 0; i < 500; i++) f(i);
}`;

const hot = new ivm.Isolate({ memoryLimit: 64 });
const running = (await hot.createContext()).eval(HOT);
running.catch(() => {});

let deleted = 0;
async function comeAndGo(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const isolates: ivm.Isolate[] = [];
    for (let i = 0; i < TOGETHER; i++) {
      const isolate = new ivm.Isolate({ memoryLimit: 16 });
      await isolate.createContext();
      isolates.push(isolate);
    }
    // While they are idle they are asked for the code that they use, and cannot answer before they are deleted.
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const isolate of isolates) deleteIsolate(isolate, false);
    deleted += isolates.length;
  }
}
await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
deleteIsolate(hot, false);
await running.catch(() => {});
process.stdout.write(`${deleted} deleted\n`);
