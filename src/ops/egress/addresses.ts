/**
 * What kind of network an IP address belongs to.
 *
 * Contract, binding on changes to this file: an address that carries another one inside (mapped,
 * translated, tunnelled) is judged by the inner one too, and the worse kind counts; an address that
 * cannot be read is "reserved", never "public".
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
import { isIP } from 'node:net';

export type AddressKind = 'public' | 'loopback' | 'unspecified' | 'private' | 'link-local' | 'metadata' | 'multicast' | 'broadcast' | 'reserved';

/** An address as bytes: 4 or 16 of them. */
export type AddressBytes = Uint8Array;

/** A block of addresses: those that share the first `length` bits of `bytes`. */
export type Cidr = { bytes: AddressBytes; length: number };

/** Reads an IPv4 or IPv6 address in its usual text form (brackets and a zone are tolerated); undefined for anything else. */
export function parseAddress(text: string): AddressBytes | undefined {
  let plain = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  const zone = plain.indexOf('%');
  if (zone !== -1) plain = plain.slice(0, zone);
  const family = isIP(plain);
  if (family === 4) return parseV4(plain);
  return family === 6 ? parseV6(plain) : undefined;
}

function parseV4(text: string): AddressBytes {
  return Uint8Array.from(text.split('.'), Number);
}

function parseV6(text: string): AddressBytes {
  const [head = '', tail] = text.split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(front, 0);
  bytes.set(back, 16 - back.length);
  return bytes;
}

function groups(text: string): number[] {
  const bytes: number[] = [];
  if (text === '') return bytes;
  for (const group of text.split(':')) {
    if (group.includes('.')) bytes.push(...parseV4(group));
    else {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 255);
    }
  }
  return bytes;
}

/** Reads "10.0.0.0/8", "fd00::/8" or a lone address; undefined for anything else. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.lastIndexOf('/');
  const bytes = parseAddress(slash === -1 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  if (slash === -1) return { bytes, length: bits };
  const length = /^\d{1,3}$/.test(text.slice(slash + 1)) ? Number(text.slice(slash + 1)) : -1;
  return length >= 0 && length <= bits ? { bytes, length } : undefined;
}

/** Is the address in the block? Never across families: unwrap first. */
export function inCidr(address: AddressBytes, { bytes, length }: Cidr): boolean {
  if (address.length !== bytes.length) return false;
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== bytes[i]) return false;
  const rest = length & 7;
  return rest === 0 || ((address[whole] ?? 0) ^ (bytes[whole] ?? 0)) >> (8 - rest) === 0;
}

/** One text form for one address, so that addresses can be compared. IPv4-mapped IPv6 becomes IPv4: they are the same endpoint. */
export function addressKey(address: AddressBytes): string {
  const plain = inCidr(address, MAPPED) ? address.subarray(12) : address;
  return Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength).toString('hex');
}

const cidr = (text: string): Cidr => {
  const block = parseCidr(text);
  if (block === undefined) throw new Error(`bad block ${text}`);
  return block;
};

const MAPPED = cidr('::ffff:0:0/96');

/** Cloud metadata services, some of which sit in public ranges. Looked at first. */
const METADATA = [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  'fd00:ec2::254',
  'fd00:ec2::23',
  'fd20:ce::254',
  'fd00:42::42',
].map(cidr);

/** First match wins; anything else is public (IPv4) or, outside 2000::/3, reserved (IPv6). */
const KINDS: [AddressKind, Cidr][] = (
  [
    ['unspecified', '0.0.0.0/8'],
    ['private', '10.0.0.0/8'],
    ['private', '100.64.0.0/10'],
    ['loopback', '127.0.0.0/8'],
    ['link-local', '169.254.0.0/16'],
    ['private', '172.16.0.0/12'],
    ['reserved', '192.0.0.0/24'],
    ['reserved', '192.0.2.0/24'],
    ['reserved', '192.88.99.0/24'],
    ['private', '192.168.0.0/16'],
    ['reserved', '198.18.0.0/15'],
    ['reserved', '198.51.100.0/24'],
    ['reserved', '203.0.113.0/24'],
    ['multicast', '224.0.0.0/4'],
    ['broadcast', '255.255.255.255/32'],
    ['reserved', '240.0.0.0/4'],
    ['unspecified', '::/128'],
    ['loopback', '::1/128'],
    ['private', '64:ff9b:1::/48'],
    ['reserved', '2001:db8::/32'],
    ['private', 'fc00::/7'],
    ['link-local', 'fe80::/10'],
    ['private', 'fec0::/10'],
    ['multicast', 'ff00::/8'],
    ['reserved', '3fff::/20'],
  ] as [AddressKind, string][]
).map(([kind, text]) => [kind, cidr(text)]);

const GLOBAL_UNICAST = cidr('2000::/3');
/** IETF protocol assignments, Teredo excepted: benchmarking, ORCHID… */
const PROTOCOL_ASSIGNMENTS = cidr('2001::/23');
const TEREDO = cidr('2001::/32');
const UNSPECIFIED_AND_LOOPBACK = cidr('::/127');
const SIX_TO_FOUR = cidr('2002::/16');
/** Prefixes whose last four bytes are an IPv4 address: mapped, translated (SIIT), NAT64, compatible. */
const TRAILING_V4 = [MAPPED, cidr('::ffff:0:0:0/96'), cidr('64:ff9b::/96'), cidr('::/96')];

/** The IPv4 addresses inside an IPv6 one; `only` when the outer address has no meaning of its own. */
export function embeddedAddresses(address: AddressBytes): { inner: AddressBytes[]; only: boolean } {
  if (address.length === 4) return { inner: [], only: false };
  const last = address.subarray(12);
  for (const block of TRAILING_V4) {
    if (!inCidr(address, block)) continue;
    // `::` and `::1` are themselves, not "compatible" addresses.
    if (inCidr(address, UNSPECIFIED_AND_LOOPBACK)) return { inner: [], only: false };
    return { inner: [last], only: true };
  }
  // RFC 4380: the server's address, then flags and port, then the client's address with all bits turned over.
  if (inCidr(address, TEREDO)) return { inner: [address.subarray(4, 8), last.map((byte) => byte ^ 255)], only: true };
  if (inCidr(address, SIX_TO_FOUR)) return { inner: [address.subarray(2, 6)], only: true };
  // ISATAP, RFC 5214: an interface identifier 0000:5efe or 0200:5efe and the IPv4 address.
  if ((address[8] === 0 || address[8] === 2) && address[9] === 0 && address[10] === 0x5e && address[11] === 0xfe) return { inner: [last], only: false };
  return { inner: [], only: false };
}

/** The kind of an address, given as text or bytes. */
export function classifyAddress(address: string | AddressBytes): AddressKind {
  const bytes = typeof address === 'string' ? parseAddress(address) : address;
  if (bytes === undefined) return 'reserved';
  const { inner, only } = embeddedAddresses(bytes);
  if (!only) {
    const kind = ownKind(bytes);
    if (kind !== 'public') return kind;
  }
  for (const each of inner) {
    const kind = ownKind(each);
    if (kind !== 'public') return kind;
  }
  return 'public';
}

function ownKind(bytes: AddressBytes): AddressKind {
  for (const block of METADATA) if (inCidr(bytes, block)) return 'metadata';
  for (const [kind, block] of KINDS) if (inCidr(bytes, block)) return kind;
  if (bytes.length === 4) return 'public';
  if (inCidr(bytes, PROTOCOL_ASSIGNMENTS)) return 'reserved';
  return inCidr(bytes, GLOBAL_UNICAST) ? 'public' : 'reserved';
}
