/**
 * Random bytes and UUIDs from a pool filled by the host.
 *
 * Contract, binding on changes to this file: the pool is empty until the first event, so no random
 * byte is ever part of a start-up snapshot; no byte of the pool is handed out twice.
 */
import { Sync } from '../../../protocol/ops.ts';
import { callSync } from '../../bridge.ts';
import { ArrayPrototypePush, NumberPrototypeToString, TypedArrayPrototypeSet, TypedArrayPrototypeSubarray, Uint8ArrayCtor } from '../../primordials.ts';

/** A trip to the host costs some 40 µs whatever its size, so it pays to fetch many bytes. */
const POOL_BYTES = 4096;
/** Asks of this size and more do not drain the pool. */
const DIRECT_BYTES = 1024;

let pool = new Uint8ArrayCtor(0);
let used = 0;
const hex: string[] = [];

const fetchRandom = (count: number): Uint8Array<ArrayBuffer> => new Uint8ArrayCtor(callSync(Sync.random, count) as ArrayBuffer);

/** Makes sure the pool holds `count` unused bytes (at most POOL_BYTES). */
const reserve = (count: number): void => {
  if (pool.length - used >= count) return;
  pool = fetchRandom(POOL_BYTES);
  used = 0;
};

/** Overwrites all of `target` with random bytes. */
export function fillRandom(target: Uint8Array): void {
  const { length } = target;
  if (length >= DIRECT_BYTES) {
    TypedArrayPrototypeSet(target, fetchRandom(length));
    return;
  }
  reserve(length);
  TypedArrayPrototypeSet(target, TypedArrayPrototypeSubarray(pool, used, used + length));
  used += length;
}

/** @see https://w3c.github.io/webcrypto/#Crypto-method-randomUUID */
export function newUUID(): string {
  for (let i = hex.length; i < 256; i++) ArrayPrototypePush(hex, (NumberPrototypeToString(256 + i, 16)[1] as string) + NumberPrototypeToString(256 + i, 16)[2]);
  reserve(16);
  const at = used;
  used += 16;
  const two = (i: number): string => hex[pool[at + i] as number] as string;
  const version = hex[((pool[at + 6] as number) & 0x0f) | 0x40] as string;
  const variant = hex[((pool[at + 8] as number) & 0x3f) | 0x80] as string;
  return `${two(0)}${two(1)}${two(2)}${two(3)}-${two(4)}${two(5)}-${version}${two(7)}-${variant}${two(9)}-${two(10)}${two(11)}${two(12)}${two(13)}${two(14)}${two(15)}`;
}
