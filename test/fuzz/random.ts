/** Chance that can be had again: everything follows from a seed. */

/** Characters that parsers treat in ways of their own. */
const SPICE = [
  '\0', '\t', '\n', '\r', ' ', '"', "'", '#', '%', '&', '+', ',', '-', '.', '/', ':', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '^', '_', '`', '{', '|', '}', '~',
  '\x7f', '\x80', '\xa0', '\xad', '\xff', 'ß', 'ı', 'é', '​', '‎', ' ', '。', '％', '／', '﻿', '�', '\ud800', '\udc00', '𐀀', '😀', 'xn--', '%00', '%2e', '%zz', '..', '//', '0x', '0177', '256', '1e9', '\r\n', '--',
]; // biome-ignore format: a table

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to just below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** From 0 to `below` - 1; small ones more often than not. */
  int(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)] as T;
  }

  text(most = 20): string {
    let text = '';
    for (let left = this.int(most + 1); left > 0; left--) text += this.chance(0.4) ? this.pick(SPICE) : String.fromCharCode(97 + this.int(26));
    return text;
  }

  bytes(most: number): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.int(most + 1));
    for (let at = 0; at < bytes.length; at++) bytes[at] = this.int(256);
    return bytes;
  }

  /** The text with a few of its parts removed, doubled, swapped or replaced. */
  mutate(text: string): string {
    let result = text;
    for (let changes = 1 + this.int(4); changes > 0; changes--) {
      const from = this.int(result.length + 1);
      const to = Math.min(result.length, from + this.int(8));
      const part = result.slice(from, to);
      const replacement = this.pick([
        () => '',
        () => part + part,
        () => this.text(4),
        () => this.pick(SPICE),
        () => [...part].reverse().join(''),
        () => part.toUpperCase(),
      ])();
      result = result.slice(0, from) + replacement + result.slice(to);
    }
    return result;
  }

  /** The same for bytes. */
  mutateBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const result = [...bytes];
    for (let changes = 1 + this.int(4); changes > 0; changes--) {
      const at = this.int(result.length + 1);
      const change = this.int(4);
      if (change === 0) result.splice(at, 1 + this.int(4));
      else if (change === 1) result.splice(at, 0, ...this.bytes(4));
      else if (change === 2) result[at] = this.int(256);
      else result[at] = this.pick([0, 0x7f, 0x80, 0xff]);
    }
    return Uint8Array.from(result);
  }

  /** What a tenant might pass where something else is expected. */
  value(depth = 0): unknown {
    const make: (() => unknown)[] = [
      () => undefined, () => null, () => this.chance(0.5), () => 0, () => -1, () => this.int(100), () => 2 ** 31, () => 2 ** 53, () => Number.NaN, () => Number.POSITIVE_INFINITY, () => -0, () => 0.5,
      () => '', () => this.text(), () => 'x'.repeat(this.int(5000)), () => new ArrayBuffer(this.int(64)), () => this.bytes(64), () => new Uint16Array(3), () => '__proto__', () => 'constructor', () => 10n ** 30n,
    ]; // biome-ignore format: a table
    if (depth < 2) {
      make.push(
        () => Array.from({ length: this.int(4) }, () => this.value(depth + 1)),
        () => Object.fromEntries(Array.from({ length: this.int(4) }, () => [this.text(6), this.value(depth + 1)])),
      );
    }
    return this.pick(make)();
  }
}
