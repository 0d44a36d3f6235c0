import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disarmWaits } from './disarm-waits.ts';

const END = 0x0b;
const DROP = 0x1a;
const I32 = 0x7f;
/** A module with a shared memory and an exported function "f" from nothing to an i32. */
const moduleOf = (...code: number[]): Uint8Array<ArrayBuffer> => {
  const body = [0, ...code, END];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...[1, 5, 1, 0x60, 0, 1, I32],
    ...[3, 2, 1, 0],
    ...[5, 4, 1, 3, 1, 2],
    ...[7, 5, 1, 1, 0x66, 0, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
};
const run = (bytes: Uint8Array<ArrayBuffer>): unknown => (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports['f'] as () => unknown)();

const ZERO = [0x41, 0];
const WAIT32 = [...ZERO, ...ZERO, 0x42, 0, 0xfe, 0x01, 2, 0];
const WAIT64 = [...ZERO, 0x42, 0, 0x42, 0, 0xfe, 0x02, 3, 0];

test('waits trap, and the module stays valid', () => {
  for (const [name, code] of [
    ['wait32', WAIT32],
    ['wait64', WAIT64],
    ['with a padded number', [...ZERO, ...ZERO, 0x42, 0, 0xfe, 0x81, 0x80, 0x00, 2, 0]],
    ['with the number of its memory', [...ZERO, ...ZERO, 0x42, 0, 0xfe, 0x01, 0x42, 0, 0x80, 1]],
    ['among others', [...ZERO, DROP, 0x02, I32, ...WAIT32, END, ...WAIT64, 0x6a]],
    ['in a branch', [...ZERO, 0x04, I32, ...WAIT32, 0x05, ...WAIT32, END]],
  ] as const) {
    const bytes = moduleOf(...code);
    assert.ok(WebAssembly.validate(bytes), name);
    const { length } = bytes;
    assert.equal(disarmWaits(bytes), true, name);
    assert.equal(bytes.length, length);
    assert.throws(() => run(bytes), /unreachable/, name);
  }
});

test('what only looks like a wait is left as it is', () => {
  for (const code of [
    // i32.const with these bytes, and a vector of them
    [0x41, 0xfe, 0x01, ...ZERO, 0x6a],
    [0xfd, 12, ...Array.from({ length: 8 }, () => [0xfe, 1]).flat(), 0xfd, 21, 1],
    [0x44, 0xfe, 1, 0xfe, 2, 0xfe, 1, 0xfe, 2, DROP, ...ZERO],
    [0x43, 0xfe, 1, 0xfe, 2, DROP, ...ZERO],
    // an offset, atomic and not
    [...ZERO, 0x28, 2, 0xfe, 0x01],
    [...ZERO, 0xfe, 0x10, 2, 0xfe, 0x01],
    [...ZERO, ...ZERO, 0xfe, 0x00, 2, 0xfe, 0x02],
    [0xfe, 0x03, 0x00, 0x41, 0xfe, 0x01],
  ]) {
    const bytes = moduleOf(...code);
    assert.ok(WebAssembly.validate(bytes), String(code));
    const before = [...bytes];
    assert.equal(disarmWaits(bytes), true, String(code));
    assert.deepEqual([...bytes], before);
  }
});

test('after every kind of instruction a wait is found', () => {
  for (const code of [
    [0x02, 0x40, 0x0c, 0, END],
    [0x03, 0x40, END],
    [0x02, 0x40, ...ZERO, 0x0e, 1, 0, 0, END],
    [0x02, 0x40, ...ZERO, 0x0d, 0, END],
    [...ZERO, ...ZERO, ...ZERO, 0x1c, 1, I32, DROP],
    [0xd0, 0x70, 0xd1, DROP],
    [0xd2, 0, 0xd1, DROP],
    [0x3f, 0, 0x40, 0, DROP],
    [...ZERO, ...ZERO, ...ZERO, 0xfc, 11, 0],
    [...ZERO, ...ZERO, ...ZERO, 0xfc, 10, 0, 0],
    [0x43, 0, 0, 0, 0, 0xfc, 0, DROP],
    [...ZERO, 0xfd, 0, 4, 0, 0xfd, 21, 3, DROP],
    [...ZERO, ...ZERO, 0xfd, 17, 0xfd, 84, 0, 0, 1, DROP],
    [...ZERO, 0xfd, 17, ...ZERO, 0xfd, 17, 0xfd, 13, ...Array(16).fill(0xfe), DROP].map((byte) => (byte === 0xfe ? 1 : byte)),
    [0x02, 0x40, 0x1f, 0x40, 1, 2, 0, END, END],
    [...ZERO, 0xfb, 28, DROP],
    [0xd0, 0x6e, 0xfb, 20, 0x6c, DROP],
    [0x02, 0x63, 0x6c, 0xd0, 0x6e, 0xfb, 24, 3, 0, 0x6e, 0x6c, DROP, 0xd0, 0x6c, END, DROP],
    [0x10, 0, DROP],
  ]) {
    const bytes = moduleOf(...code, ...WAIT32);
    // The function refers to itself in one of them, which needs a declaration that is not worth having here.
    if (!code.includes(0xd2)) assert.ok(WebAssembly.validate(bytes), code.map((byte) => byte.toString(16)).join(' '));
    assert.equal(disarmWaits(bytes), true, String(code));
    assert.deepEqual([...bytes.slice(-5)], [0, 1, 1, 1, END], String(code));
  }
});

test('what cannot be read is not run', () => {
  for (const code of [[0xff], [0x16], [0xfe, 0x50], [0xfe, 0x05], [0xfc, 40], [0xfb, 60], [0xfd, 0xa0, 2], [0x41], [0x44, 1, 2]]) {
    assert.equal(disarmWaits(moduleOf(...code, ...WAIT32.slice(0, code.length > 2 ? 0 : undefined), 0xfe, 1)), false, String(code));
  }
  assert.equal(disarmWaits(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 99])), false);
});
