/** A process that deletes isolates while V8 is busy with WebAssembly. Says how many, and ends. `collect` or `compile`: with what it is busy. */
import ivm from 'isolated-vm';
import { deleteIsolate } from './deletion.ts';

const TOGETHER = 8;
const ROUNDS = 20;

const COMPILING = `
  const number = (n) => [(n & 127) | 128, ((n >> 7) & 127) | 128, (n >> 14) & 63];
  // So many of (func (param i32) (result i32) local.get 0 i32.const n i32.add), the first exported as "f".
  const moduleOf = (n, count) => {
    const body = [0, 0x20, 0, 0x41, ...number(n), 0x6a, 0x0b];
    const types = Array.from({ length: count }, () => 0);
    const bodies = Array.from({ length: count }, () => [body.length, ...body]).flat();
    const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f, 3, ...number(count + 3), ...number(count), ...types];
    return new Uint8Array([...head, 7, 5, 1, 1, 0x66, 0, 0, 10, ...number(bodies.length + 3), ...number(count), ...bodies]);
  };`;

/** Module after module whose function is called until V8 compiles it once more: the code it had is dead then. */
const HOT = `${COMPILING}
  for (let n = 0; ; n++) {
    const { f } = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(n, 1))).exports;
    for (let i = 0; i < 500; i++) f(i);
  }`;

/** Modules that V8 is asked to compile: it does, and then wants to say so to an isolate that may be gone. */
const ASKING = `${COMPILING}
  for (let n = 0; n < 128; n++) WebAssembly.compile(moduleOf(n, 40)).catch(() => {});`;

const isCompiling = process.argv[2] === 'compile';
const hot = new ivm.Isolate({ memoryLimit: 64 });
const running = isCompiling ? Promise.resolve() : (await hot.createContext()).eval(HOT);
running.catch(() => {});

let deleted = 0;
async function comeAndGo(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const isolates: ivm.Isolate[] = [];
    for (let i = 0; i < TOGETHER; i++) {
      const isolate = new ivm.Isolate({ memoryLimit: 64 });
      const context = await isolate.createContext();
      if (isCompiling) context.eval(ASKING).catch(() => {});
      isolates.push(isolate);
    }
    // While they are idle they are asked for the code that they use, and cannot answer before they are deleted.
    await new Promise((resolve) => setTimeout(resolve, Math.random() * (isCompiling ? 15 : 5)));
    for (const isolate of isolates) deleteIsolate(isolate, false);
    deleted += isolates.length;
  }
}
await Promise.all([comeAndGo(), comeAndGo(), comeAndGo()]);
deleteIsolate(hot, false);
await running.catch(() => {});
process.stdout.write(`${deleted} deleted\n`);
