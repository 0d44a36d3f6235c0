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
import { LegacyDecoder, isLegacy } from './legacy-decoder.ts';
import { OpError } from '../base/op-error.ts';
import type { OpContext, SyncOp } from './op.ts';

export const MAX_DECODERS = 256;

/** Punycode takes quadratic time, and no name in DNS is longer than 253 characters. */
const MAX_DOMAIN = 1024;

/** Bounds on the time one call takes from everybody else. The isolate does longer input itself, or in parts. */
const MAX_LENGTH = 4_194_304;
const MAX_LEGACY_LENGTH = 65_536;

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

/** Decodes a chunk; null for malformed input if fatal. */
type Decode = (bytes: Uint8Array, stream: boolean) => string | null;

/** The unfinished streams of one isolate, least recently used first, by the numbers it gave them. */
class Decoders {
  #highest = 0;
  readonly #open = new Map<number, Decode>();

  /** The decoder of a stream, taken out of the table; made anew for a number above all seen so far. */
  take(number: number, create: () => Decode): Decode {
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
  keep(number: number, decoder: Decode): void {
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

/** A decoder with the state of its stream. */
function createDecoder(encoding: string, flags: number): Decode {
  const fatal = (flags & FATAL) !== 0;
  if (isLegacy(encoding)) {
    const legacy = new LegacyDecoder(encoding, fatal);
    return (bytes, stream) => legacy.decode(bytes, stream);
  }
  const decoder = new TextDecoder(encoding, { fatal, ignoreBOM: (flags & IGNORE_BOM) !== 0 });
  return (bytes, stream) => {
    try {
      return decoder.decode(bytes, { stream });
    } catch (error) {
      if (fatal && (error as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return null;
      throw new OpError('RangeError', 'The decoded text would be too long.');
    }
  };
}

const decodeText: SyncOp = (context, _event, number, label, input, flags) => {
  const isBytes = input instanceof Uint8Array || input instanceof ArrayBuffer;
  if (!Number.isSafeInteger(number) || (number as number) < 0 || !ENCODINGS.has(label) || !isBytes || !Number.isInteger(flags)) throw invalid('decodeText');
  const encoding = label as string;
  const bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
  if (bytes.length > (encoding === 'utf-8' ? MAX_LENGTH : MAX_LEGACY_LENGTH)) throw invalid('decodeText');
  const create = (): Decode => createDecoder(encoding, flags as number);
  if (number === 0) return create()(bytes, false);
  const decoders = decodersIn(context);
  const decode = decoders.take(number as number, create);
  const stream = ((flags as number) & STREAM) !== 0;
  const text = decode(bytes, stream);
  if (stream && text !== null) decoders.keep(number as number, decode);
  return text;
};

const encoder = new TextEncoder();

const encodeUtf8: SyncOp = (_context, _event, text) => {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) throw invalid('encodeUtf8');
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
