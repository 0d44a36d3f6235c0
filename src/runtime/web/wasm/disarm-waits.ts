/**
 * Makes `memory.atomic.wait32` and `wait64` trap, by rewriting them.
 *
 * Where memory is shared they would put the isolate's thread to sleep, and nobody could wake it: an isolate may not block, in
 * WebAssembly as in JavaScript. Each becomes `unreachable`, with `nop` in the rest of its place, so that no size changes.
 *
 * Contract, binding on changes to this file: functions are read instruction by instruction, because one's bytes may be another's
 * immediates. Where one cannot be read to its end the answer is false, and the module must not be run.
 * @see https://webassembly.github.io/spec/core/binary/instructions.html
 * @see https://webassembly.github.io/threads/core/binary/instructions.html#atomic-memory-instructions
 */
import { TypedArrayPrototypeGetByteLength, TypedArrayPrototypeIndexOf } from '../../primordials.ts';
import { type Cursor, PREAMBLE, readUnsigned } from './limit-memory.ts';

const CODE_SECTION = 10;
const UNREACHABLE = 0x00;
const NOP = 0x01;
const ATOMIC = 0xfe;
/** A byte that begins `(ref …)` or `(ref null …)`: a heap type follows. */
const isReference = (byte: number | undefined): boolean => byte === 0x63 || byte === 0x64;

class Reader implements Cursor {
  readonly bytes: Uint8Array;
  at: number;
  end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isGood(): boolean {
    return this.at >= 0 && this.at <= this.end;
  }

  /** LEB128. The value of a signed one is of no interest. */
  number(): number {
    return readUnsigned(this.bytes, this, this.end);
  }

  numbers(count: number): void {
    for (let i = 0; i < count && this.isGood; i++) this.number();
  }

  skip(count: number): void {
    if (this.at >= 0) this.at += count;
  }

  fail(): void {
    this.at = -1;
  }

  /** A value type, a block's type, or a heap type with its wrapping: a number, and after some bytes another. */
  type(): void {
    const first = this.bytes[this.at];
    this.number();
    if (isReference(first)) this.number();
  }

  address(): void {
    // Bit 6 of the alignment: the number of the memory follows.
    const flags = this.number();
    this.numbers((flags & 0x40) === 0 ? 1 : 2);
  }
}

/**
 * @param bytes the module; changed
 * @returns false where it could not be read
 */
export function disarmWaits(bytes: Uint8Array): boolean {
  const length = TypedArrayPrototypeGetByteLength(bytes);
  const sections = new Reader(bytes, PREAMBLE, length);
  while (sections.isGood && sections.at < length) {
    const id = bytes[sections.at++];
    const size = sections.number();
    const start = sections.at;
    if (!sections.isGood) return false;
    sections.skip(size);
    if (!sections.isGood) return false;
    if (id === CODE_SECTION && mayWait(bytes, start, start + size) && !disarmSection(new Reader(bytes, start, start + size))) return false;
  }
  return true;
}

/** Are the bytes of a wait anywhere, be they one or not? Most modules have none, and need not be read. */
function mayWait(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = TypedArrayPrototypeIndexOf(bytes, ATOMIC, start); at !== -1 && at < end; at = TypedArrayPrototypeIndexOf(bytes, ATOMIC, at + 1)) {
    const next = (bytes[at + 1] as number) & 0x7f;
    if (next === 1 || next === 2) return true;
  }
  return false;
}

function disarmSection(section: Reader): boolean {
  const count = section.number();
  for (let i = 0; i < count; i++) {
    const size = section.number();
    if (!section.isGood || section.at + size > section.end) return false;
    const body = new Reader(section.bytes, section.at, section.at + size);
    const groups = body.number();
    for (let j = 0; j < groups && body.isGood; j++) {
      body.number();
      body.type();
    }
    while (body.isGood && body.at < body.end) disarmInstruction(body);
    if (body.at !== body.end) return false;
    section.skip(size);
  }
  return section.at === section.end;
}

function disarmInstruction(code: Reader): void {
  const start = code.at;
  const opcode = code.bytes[code.at++] as number;
  if (opcode !== ATOMIC) return skipPlain(code, opcode);
  const operation = code.number();
  if (operation === 0x03) return code.skip(1);
  if (operation > 0x4e || (operation > 0x03 && operation < 0x10)) return code.fail();
  code.address();
  if ((operation !== 1 && operation !== 2) || !code.isGood) return;
  code.bytes[start] = UNREACHABLE;
  for (let at = start + 1; at < code.at; at++) code.bytes[at] = NOP;
}

/** What follows an opcode. */
function skipPlain(code: Reader, opcode: number): void {
  if (opcode >= 0x45 && opcode <= 0xc4) return;
  if (opcode >= 0x28 && opcode <= 0x3e) return code.address();
  switch (opcode) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0a: // throw_ref
    case 0x0b: // end
    case 0x0f: // return
    case 0x19: // catch_all
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
    case 0xd3: // ref.eq
    case 0xd4: // ref.as_non_null
      return;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x06: // try
      return code.type();
    case 0x07: // catch
    case 0x08: // throw
    case 0x09: // rethrow
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x12: // return_call
    case 0x14: // call_ref
    case 0x15: // return_call_ref
    case 0x18: // delegate
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
    case 0xd5: // br_on_null
    case 0xd6: // br_on_non_null
      return code.numbers(1);
    case 0x11: // call_indirect
    case 0x13: // return_call_indirect
      return code.numbers(2);
    case 0x0e: // br_table
      return code.numbers(code.number() + 1);
    case 0x1c: // select with types
      for (let left = code.number(); left > 0 && code.isGood; left--) code.type();
      return;
    case 0x1f: // try_table
      code.type();
      for (let left = code.number(); left > 0 && code.isGood; left--) code.numbers(code.number() < 2 ? 2 : 1);
      return;
    case 0x43: // f32.const
      return code.skip(4);
    case 0x44: // f64.const
      return code.skip(8);
    case 0xfb:
      return skipOfReferences(code, code.number());
    case 0xfc:
      return skipOfBulk(code, code.number());
    case 0xfd:
      return skipOfVectors(code, code.number());
    default:
      return code.fail();
  }
}

/** Structures, arrays, references. */
function skipOfReferences(code: Reader, operation: number): void {
  if (operation === 24 || operation === 25) {
    // br_on_cast: flags, a label, two heap types
    code.skip(1);
    return code.numbers(3);
  }
  if (operation === 15 || (operation >= 26 && operation <= 30)) return;
  if (operation <= 1 || operation === 6 || operation === 7 || (operation >= 11 && operation <= 14) || operation === 16) return code.numbers(1);
  if (operation >= 20 && operation <= 23) return code.numbers(1);
  if (operation <= 19) return code.numbers(2);
  code.fail();
}

/** Conversions, memory, tables, wide arithmetic. */
function skipOfBulk(code: Reader, operation: number): void {
  if (operation <= 7 || (operation >= 19 && operation <= 22)) return;
  if (operation === 8 || operation === 10 || operation === 12 || operation === 14) return code.numbers(2);
  if (operation <= 17) return code.numbers(1);
  code.fail();
}

function skipOfVectors(code: Reader, operation: number): void {
  const isLoad = operation <= 11 || operation === 92 || operation === 93;
  const isLoadOfLane = operation >= 84 && operation <= 91;
  if (isLoad || isLoadOfLane) code.address();
  if (operation === 12 || operation === 13) code.skip(16);
  if (isLoadOfLane || (operation >= 21 && operation <= 34)) code.skip(1);
  if (operation > 0x113) code.fail();
}
