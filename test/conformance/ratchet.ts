/** tools/ratchet.json: numbers that may only fall. Raising one is a change to that file, for everybody to see. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../tools/ratchet.json');

type Ratchet = { conformance?: Record<string, number>; [other: string]: unknown };

/** How many known failures each file of expectations/ may list. */
export function knownFailures(): Readonly<Record<string, number>> {
  return read().conformance ?? {};
}

export function lowerRatchet(file: string, count: number): void {
  const ratchet = read();
  const numbers = ratchet.conformance ?? {};
  const before = numbers[file] ?? 0;
  if (count >= before) return;
  if (count === 0) delete numbers[file];
  else numbers[file] = count;
  writeFileSync(FILE, `${JSON.stringify({ ...ratchet, conformance: numbers }, undefined, 2)}\n`);
}

function read(): Ratchet {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, 'utf8')) as Ratchet) : {};
}
