import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/chunks.ts';
import vm from 'node:vm';
import { limitMemory } from './limit-memory.ts';
import { limitWebAssembly } from './web-assembly.ts';

/** A module with one memory section of the given content, and what else is asked for. */
const moduleOf = (memory: number[], rest: number[] = []): Uint8Array<ArrayBuffer> =>
  Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, memory.length, ...memory, ...rest]);
/** Exports memory 0 as "m". */
const EXPORT = [7, 5, 1, 1, 0x6d, 2, 0];

const wasmOf = (memoryMb: number, canShare = false): { wasm: typeof WebAssembly; total: () => number } => {
  const wasm = vm.runInNewContext('WebAssembly') as typeof WebAssembly;
  return {
    wasm,
    total: limitWebAssembly(
      wasm,
      memoryMb,
      async () => moduleOf([1, 0, 1], EXPORT).buffer,
      () => canShare,
    ),
  };
};

test('limitMemory: gives a memory without a maximum one', () => {
  const limited = limitMemory(moduleOf([1, 0, 2]), 100);
  assert.deepEqual([...(limited?.bytes ?? [])].slice(8), [5, 4, 1, 1, 2, 100]);
  assert.equal(limited?.initialPages, 2);
});

test('limitMemory: lowers a maximum that is too high and keeps one that is not', () => {
  assert.deepEqual([...(limitMemory(moduleOf([1, 1, 1, 0x80, 0x80, 4]), 128)?.bytes ?? [])].slice(8), [5, 5, 1, 1, 1, 0x80, 1]);
  assert.deepEqual([...(limitMemory(moduleOf([1, 1, 1, 3]), 128)?.bytes ?? [])].slice(8), [5, 4, 1, 1, 1, 3]);
});

test('limitMemory: reads padded numbers, several memories and sections around', () => {
  const custom = [0, 3, 1, 0x78, 9];
  const bytes = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...custom, 5, 0x86, 0x80, 0, 2, 0, 0x81, 0, 0, 1, ...custom]);
  const limited = limitMemory(bytes, 7);
  assert.deepEqual([...(limited?.bytes ?? [])].slice(8), [...custom, 5, 7, 2, 1, 1, 7, 1, 1, 7, ...custom]);
  assert.equal(limited?.memories, 2);
});

test('limitMemory: gives up where it cannot read to the end, and on a second memory section', () => {
  for (const bytes of [
    moduleOf([1, 0]),
    moduleOf([2, 0, 1]),
    moduleOf([1, 8, 1]),
    moduleOf([1, 0, 1], [5, 3, 1, 0, 1]),
    moduleOf([1, 0, 1], [7, 99]),
    Uint8Array.of(0, 0x61),
  ]) {
    assert.equal(limitMemory(bytes, 10), undefined, [...bytes].join());
  }
});

test('memory.grow: stops at the limit, exported or made by hand', () => {
  const { wasm, total } = wasmOf(16);
  const instance = new wasm.Instance(new wasm.Module(moduleOf([1, 0, 1], EXPORT)));
  const memory = instance.exports['m'] as WebAssembly.Memory;
  assert.throws(() => memory.grow(256), /RangeError|Maximum memory size exceeded/);
  memory.grow(100);
  assert.equal(total(), 101 * 65536);
  assert.throws(() => new wasm.Memory({ initial: 200 }), RangeErrorLike);
  const own = new wasm.Memory({ initial: 1, maximum: 60000 });
  assert.throws(() => own.grow(300));
  assert.equal(total(), 102 * 65536);
});

test('a memory by hand is bounded however its size is written', () => {
  const { wasm } = wasmOf(16);
  const make = (descriptor: unknown): WebAssembly.Memory => new wasm.Memory(descriptor as WebAssembly.MemoryDescriptor);
  for (const initial of ['300', { valueOf: () => 300 }]) assert.throws(() => make({ initial }), RangeErrorLike);
  for (const initial of [300n, 1_000_000n, '300']) assert.throws(() => make({ address: 'i64', initial }), RangeErrorLike);
  assert.throws(() => make({ initial: '1' }).grow(300));
  assert.throws(() => make({ address: 'i64', initial: 1n }).grow(300n as never));
  assert.throws(() => make({ address: 'i64', initial: 1n, maximum: 100_000n }).grow(300n as never));
});

test('a size that no memory can have is refused in the words of V8', () => {
  const { wasm } = wasmOf(16);
  for (const initial of [Number.POSITIVE_INFINITY, 2 ** 32, -1, Number.NaN]) assert.throws(() => new wasm.Memory({ initial }), /TypeError/);
});

test('an instance whose memory is larger than the limit is refused', async () => {
  const { wasm } = wasmOf(8);
  const module = new wasm.Module(moduleOf([1, 0, 0x80, 2]));
  assert.throws(() => new wasm.Instance(module), RangeErrorLike);
  await assert.rejects(wasm.instantiate(module), RangeErrorLike);
  await assert.rejects(wasm.instantiate(moduleOf([1, 0, 0x80, 2])), RangeErrorLike);
});

test('memories nobody can see count as well', () => {
  const { wasm } = wasmOf(8);
  const module = new wasm.Module(moduleOf([1, 0, 0x40]));
  new wasm.Instance(module);
  assert.throws(() => new wasm.Instance(module) && new wasm.Instance(module), RangeErrorLike);
});

test('shared memory does not exist', () => {
  const { wasm } = wasmOf(8);
  assert.throws(() => new wasm.Memory({ initial: 1, maximum: 2, shared: true }), /shared memory is not supported/);
  assert.throws(() => new wasm.Module(moduleOf([1, 3, 1, 2])), /shared memory is not supported/);
});

test('shared memory is counted where it is allowed, and bounded', () => {
  const { wasm, total } = wasmOf(8, true);
  const memory = new wasm.Memory({ initial: 1, maximum: 60_000, shared: true });
  assert.equal(Object.prototype.toString.call(memory.buffer), '[object SharedArrayBuffer]');
  memory.grow(9);
  assert.equal(total(), 10 * 65536);
  assert.throws(() => memory.grow(300));
  assert.throws(() => new wasm.Memory({ initial: 200, maximum: 300, shared: true }), RangeErrorLike);
  assert.throws(() => new wasm.Memory({ initial: 1, shared: true } as never), /maximum/);
  assert.throws(() => new wasm.Module(moduleOf([1, 2, 1])), /maximum|shared/);
  const instance = new wasm.Instance(new wasm.Module(moduleOf([1, 3, 1, 0x80, 0x80, 2], EXPORT)));
  assert.throws(() => (instance.exports['m'] as WebAssembly.Memory).grow(200));
  assert.equal(total(), 11 * 65536);
});

test('what is no module is refused with the words of V8', async () => {
  const { wasm } = wasmOf(8);
  assert.throws(() => new wasm.Module(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)), /expected magic word/);
  await assert.rejects(wasm.compile(Uint8Array.of(0)), /expected/);
  assert.throws(() => new wasm.Module('x' as never), TypeErrorLike);
  assert.equal(wasm.validate(Uint8Array.of(0)), false);
  assert.equal(wasm.validate(moduleOf([1, 0, 1])), true);
  assert.throws(() => (wasm.Module as unknown as () => void)(), /must be invoked with 'new'/);
});

test('bytes changed after the call change nothing', async () => {
  const { wasm } = wasmOf(8);
  const bytes = moduleOf([1, 1, 1, 2], EXPORT);
  const made = wasm.instantiate(bytes);
  bytes.fill(0);
  const { instance, module } = (await made) as unknown as WebAssembly.WebAssemblyInstantiatedSource;
  assert.ok(instance instanceof wasm.Instance);
  assert.equal(JSON.stringify(wasm.Module.exports(module)), '[{"name":"m","kind":"memory"}]');
});

test('the streaming functions read a body', async () => {
  const { wasm } = wasmOf(8);
  const { instance } = await wasm.instantiateStreaming({} as never);
  assert.ok(instance.exports['m'] instanceof wasm.Memory);
  assert.equal(Object.prototype.toString.call(await wasm.compileStreaming({} as never)), '[object WebAssembly.Module]');
});

const named = (name: string) => (error: unknown) => (error as Error).name === name;
const RangeErrorLike = named('RangeError');
const TypeErrorLike = named('TypeError');
