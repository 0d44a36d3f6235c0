/**
 * Cyclic redundancy checks that zlib does not have: CRC-32C, and CRC-64/NVME.
 *
 * Contract: bits are reflected, and all ones before and after, as with CRC-32. Eight bytes at a time: every part of an upload goes through here.
 * @see https://reveng.sourceforge.io/crc-catalogue/all.htm
 */
import { crc32 } from 'node:zlib';

/** Polynomials, reflected. */
const POLYNOMIALS = { crc32: 0xedb88320n, crc32c: 0x82f63b78n, crc64nvme: 0x9a6c9329ac4bc9b5n } as const;

export type CrcName = keyof typeof POLYNOMIALS;

export const CRC_BYTES: Readonly<Record<CrcName, number>> = { crc32: 4, crc32c: 4, crc64nvme: 8 };

/** A checksum in the making. */
export interface Crc {
  update(bytes: Uint8Array): void;
  /** Most significant byte first. */
  digest(): Buffer;
}

export function createCrc(name: CrcName): Crc {
  return name === 'crc32' ? new Crc32() : new SlicedCrc(name);
}

class Crc32 implements Crc {
  #value = 0;

  update(bytes: Uint8Array): void {
    this.#value = crc32(bytes, this.#value);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#value);
    return bytes;
  }
}

const LANES = 8;
/** For each of eight positions and each byte: the low and the high half of what it comes to. */
const tables = new Map<CrcName, { low: Uint32Array; high: Uint32Array }>();

function tablesOf(name: CrcName): { low: Uint32Array; high: Uint32Array } {
  let found = tables.get(name);
  if (found !== undefined) return found;
  found = { low: new Uint32Array(256 * LANES), high: new Uint32Array(256 * LANES) };
  const polynomial = POLYNOMIALS[name];
  for (let byte = 0; byte < 256; byte++) {
    let value = BigInt(byte);
    for (let lane = 0; lane < LANES; lane++) {
      for (let bit = 0; bit < 8; bit++) value = (value & 1n) === 1n ? (value >> 1n) ^ polynomial : value >> 1n;
      found.low[lane * 256 + byte] = Number(value & 0xffffffffn);
      found.high[lane * 256 + byte] = Number(value >> 32n);
    }
  }
  tables.set(name, found);
  return found;
}

class SlicedCrc implements Crc {
  readonly #size: number;
  readonly #low: Uint32Array;
  readonly #high: Uint32Array;
  #valueLow = 0xffffffff;
  #valueHigh: number;

  constructor(name: CrcName) {
    this.#size = CRC_BYTES[name];
    const { low, high } = tablesOf(name);
    this.#low = low;
    this.#high = high;
    this.#valueHigh = this.#size === 8 ? 0xffffffff : 0;
  }

  update(bytes: Uint8Array): void {
    const table = this.#low;
    const tableHigh = this.#high;
    const isWide = this.#size === 8;
    let low = this.#valueLow;
    let high = this.#valueHigh;
    const { length } = bytes;
    let at = 0;
    for (; at + 8 <= length; at += 8) {
      const first = low ^ ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24));
      const second =
        high ^ ((bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8) | ((bytes[at + 6] as number) << 16) | ((bytes[at + 7] as number) << 24));
      const i7 = 1792 + (first & 255);
      const i6 = 1536 + ((first >>> 8) & 255);
      const i5 = 1280 + ((first >>> 16) & 255);
      const i4 = 1024 + (first >>> 24);
      const i3 = 768 + (second & 255);
      const i2 = 512 + ((second >>> 8) & 255);
      const i1 = 256 + ((second >>> 16) & 255);
      const i0 = second >>> 24;
      low =
        (table[i7] as number) ^
        (table[i6] as number) ^
        (table[i5] as number) ^
        (table[i4] as number) ^
        (table[i3] as number) ^
        (table[i2] as number) ^
        (table[i1] as number) ^
        (table[i0] as number);
      if (isWide) {
        high =
          (tableHigh[i7] as number) ^
          (tableHigh[i6] as number) ^
          (tableHigh[i5] as number) ^
          (tableHigh[i4] as number) ^
          (tableHigh[i3] as number) ^
          (tableHigh[i2] as number) ^
          (tableHigh[i1] as number) ^
          (tableHigh[i0] as number);
      }
    }
    for (; at < length; at++) {
      const index = (low ^ (bytes[at] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (table[index] as number);
      high = (high >>> 8) ^ (tableHigh[index] as number);
    }
    this.#valueLow = low >>> 0;
    this.#valueHigh = high >>> 0;
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(this.#size);
    bytes.writeUInt32BE(~this.#valueLow >>> 0, this.#size - 4);
    if (this.#size === 8) bytes.writeUInt32BE(~this.#valueHigh >>> 0, 0);
    return bytes;
  }
}

/**
 * The checksum of bytes that are one after the other, of those of the pieces.
 * @param pieces checksum, most significant byte first, and number of bytes
 */
export function combineCrcs(name: CrcName, pieces: readonly { digest: Uint8Array; size: number }[]): Buffer {
  const polynomial = POLYNOMIALS[name];
  const width = BigInt(CRC_BYTES[name] * 8);
  /** x to the power of eight times so many bytes. Parts are mostly of one size. */
  const shifts = new Map<number, bigint>();
  const shiftOf = (size: number): bigint => {
    let shift = shifts.get(size);
    if (shift === undefined) shifts.set(size, (shift = power(BigInt(size) * 8n, polynomial, width)));
    return shift;
  };
  let all = 0n;
  for (const { digest, size } of pieces) all = multiply(shiftOf(size), all, polynomial, width) ^ BigInt(`0x${Buffer.from(digest).toString('hex')}`);
  return Buffer.from(all.toString(16).padStart(CRC_BYTES[name] * 2, '0'), 'hex');
}

/** Product of polynomials modulo another, bits reflected: the highest bit is the constant. */
function multiply(a: bigint, b: bigint, polynomial: bigint, width: bigint): bigint {
  let product = 0n;
  let factor = b;
  for (let bit = 1n << (width - 1n); bit !== 0n; bit >>= 1n) {
    if ((a & bit) !== 0n) product ^= factor;
    factor = (factor & 1n) === 1n ? (factor >> 1n) ^ polynomial : factor >> 1n;
  }
  return product;
}

function power(exponent: bigint, polynomial: bigint, width: bigint): bigint {
  let result = 1n << (width - 1n);
  let square = 1n << (width - 2n);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = multiply(square, result, polynomial, width);
    square = multiply(square, square, polynomial, width);
  }
  return result;
}
