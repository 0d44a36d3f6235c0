/**
 * Text ops: what needs Unicode's and the legacy encodings' tables, or is long enough for the host to be faster.
 *
 * Contract: an isolate holds at most MAX_DECODERS unfinished legacy streams; beyond that the one
 * unused for longest is dropped, and its next chunk is refused. Work per call is linear in the input.
 */
import { domainToUnicode, URL } from 'node:url';
import { TextDecoder, TextEncoder } from 'node:util';
import { Sync } from '../protocol/ops.ts';
import type { Handles } from './handles.ts';
import { OpError, type OpContext, type SyncOp } from './op.ts';

export const MAX_DECODERS = 256;

/** Punycode takes quadratic time, and no name in DNS is longer than 253 characters. */
const MAX_DOMAIN = 1024;

const FATAL = 1;
const IGNORE_BOM = 2;
const STREAM = 4;

/** The names an isolate may send: those of the standard that have a decoder. */
const ENCODINGS: ReadonlySet<unknown> = new Set([
  ...['utf-8', 'utf-16be', 'utf-16le', 'ibm866', 'koi8-r', 'koi8-u', 'macintosh', 'x-mac-cyrillic', 'x-user-defined'],
  ...['gbk', 'gb18030', 'big5', 'euc-jp', 'iso-2022-jp', 'shift_jis', 'euc-kr', 'iso-8859-8-i', 'windows-874'],
  ...[2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16].map((part) => `iso-8859-${part}`),
  ...[1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258].map((page) => `windows-${page}`),
]);

/** The unfinished streams of one isolate, least recently used first, by the numbers it gave them. */
class Decoders {
  #highest = 0;
  readonly #open = new Map<number, TextDecoder>();

  /** The decoder of a stream, taken out of the table; made anew for a number above all seen so far. */
  take(number: number, create: () => TextDecoder): TextDecoder {
    const decoder = this.#open.get(number);
    if (decoder !== undefined) {
      this.#open.delete(number);
      return decoder;
    }
    if (number <= this.#highest) throw new OpError('Error', 'Too many text decoders are streaming at once.');
    this.#highest = number;
    return create();
  }

  /** Puts back a decoder whose stream goes on. */
  keep(number: number, decoder: TextDecoder): void {
    this.#open.set(number, decoder);
    if (this.#open.size <= MAX_DECODERS) return;
    for (const oldest of this.#open.keys()) {
      this.#open.delete(oldest);
      break;
    }
  }
}

/** The decoders of an isolate live as long as its handles. */
const decodersOf = new WeakMap<Handles, Decoders>();

function decodersIn({ handles }: OpContext): Decoders {
  let decoders = decodersOf.get(handles);
  if (decoders === undefined) {
    decoders = new Decoders();
    handles.add(decoders);
    decodersOf.set(handles, decoders);
  }
  return decoders;
}

const invalid = (op: string): OpError => new OpError('TypeError', `Invalid arguments to ${op}.`);

/** Text, or null for malformed input. Node's message about a text beyond V8's limit stays here. */
function decodeWith(decoder: TextDecoder, bytes: ArrayBuffer | Uint8Array, stream: boolean): string | null {
  try {
    return decoder.decode(bytes, { stream });
  } catch (error) {
    if (decoder.fatal && (error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return null;
    throw new OpError('RangeError', 'The decoded text would be too long.');
  }
}

const decodeText: SyncOp = (context, _event, number, label, bytes, flags) => {
  const isBytes = bytes instanceof Uint8Array || bytes instanceof ArrayBuffer;
  if (!Number.isSafeInteger(number) || (number as number) < 0 || !ENCODINGS.has(label) || !isBytes || !Number.isInteger(flags)) throw invalid('decodeText');
  const bits = flags as number;
  const create = (): TextDecoder => new TextDecoder(label as string, { fatal: (bits & FATAL) !== 0, ignoreBOM: (bits & IGNORE_BOM) !== 0 });
  if (number === 0) return decodeWith(create(), bytes, false);
  const decoders = decodersIn(context);
  const decoder = decoders.take(number as number, create);
  const stream = (bits & STREAM) !== 0;
  const text = decodeWith(decoder, bytes, stream);
  if (stream && text !== null) decoders.keep(number as number, decoder);
  return text;
};

const encoder = new TextEncoder();

const encodeUtf8: SyncOp = (_context, _event, text) => {
  if (typeof text !== 'string') throw invalid('encodeUtf8');
  const bytes = encoder.encode(text);
  return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
};

/** The rules that beStrict adds: UseSTD3ASCIIRules, CheckHyphens and VerifyDnsLength. */
function isStrict(ascii: string): boolean {
  return ascii.length <= 253 && ascii.split('.').every((label) => /^(?!-|..--)[a-z0-9-]{1,63}(?<!-)$|^xn--[a-z0-9-]{1,59}(?<!-)$/.test(label));
}

/** Does any label have the prefix of an encoded one? */
const ACE = /(?:^|\.)xn--/;

/** The empty string on failure. */
const toAscii = (domain: string): string => URL.parse(`ws://${domain}`)?.hostname ?? '';

const domainToAscii: SyncOp = (_context, _event, domain, beStrict) => {
  if (typeof domain !== 'string') throw invalid('domainToAscii');
  if (domain.length > MAX_DOMAIN) return null;
  // Node parses a URL's host: what would end it, or be decoded, is no part of a domain. (With "<" and ">" a character may be composed.)
  if (/[\0-\x20#%/:?@[\\\]^|\x7f]/.test(domain)) return null;
  const ascii = toAscii(domain);
  if (ascii === '' || (beStrict === 1 && !isStrict(ascii))) return null;
  if (!ACE.test(ascii)) return ascii;
  // Node takes an `xn--` label as it comes; it is valid if it can be decoded and encoding it again leads back to it.
  const unicode = domainToUnicode(ascii);
  return ACE.test(unicode) || toAscii(unicode) !== ascii ? null : ascii;
};

export const textOps: Readonly<Record<number, SyncOp>> = {
  [Sync.decodeText]: decodeText,
  [Sync.encodeUtf8]: encodeUtf8,
  [Sync.domainToAscii]: domainToAscii,
};
