/**
 * Algorithm normalisation: which algorithm does what, and with which parameters.
 *
 * The tables are text, so that they cost a start-up snapshot next to nothing; a line is parsed when
 * it is first needed. A normalised algorithm is ready to cross: hashes are names, keys are handles,
 * and a byte member is its place in the list of bytes that travel beside the JSON text.
 *
 * @see https://w3c.github.io/webcrypto/#algorithm-normalization-normalize-an-algorithm
 */
import {
  ArrayPrototypePush,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectCreate,
  ObjectKeys,
  StringPrototypeIncludes,
  StringPrototypeSplit,
  StringPrototypeToLowerCase,
  TypeErrorCtor,
  TypedArrayPrototypeGetSymbolToStringTag,
} from '../../primordials.ts';
import { type BufferSource, type Converter, DOMString, bufferSource, isObject } from '../../webidl.ts';
import { integer, interfaceOf } from '../../webidl-types.ts';
import { DOMException } from '../dom-exception.ts';
import { copyOf } from './bytes.ts';
import { type CryptoKey, isCryptoKey, keyHandle } from './crypto-key.ts';

/** A normalised algorithm: `name` and what its dictionary adds. It has no prototype, so that no tenant's `toJSON` meddles. */
export type Algorithm = { name: string; [member: string]: string | number };
export type Operation = keyof typeof REGISTRY;

const RSA_SIGN = 'RSASSA-PKCS1-v1_5 RSA-PSS';
const RSA = `${RSA_SIGN} RSA-OAEP`;
const EDWARDS = 'Ed25519 Ed448';
const MONTGOMERY = 'X25519 X448';
const AES = 'AES-CTR AES-CBC AES-GCM AES-KW AES-OCB';
const KMAC = 'KMAC128 KMAC256';
/** Cloudflare's name for Ed25519 before the Web had one; the host knows it. */
const NODE_EDWARDS = 'NODE-ED25519';
const HASHES = 'SHA-1 SHA-256 SHA-384 SHA-512 SHA3-256 SHA3-384 SHA3-512 MD5';
const MLDSA = 'ML-DSA-44 ML-DSA-65 ML-DSA-87';

/** What each operation takes: the dictionary of its parameters, and the algorithms. MD5 is for digests only, as Cloudflare has it. */
const REGISTRY = {
  digest: { '': HASHES },
  /** Cloudflare's own. The checksums come most significant byte first. */
  digestStream: { '': `${HASHES} crc32 crc32c crc64nvme` },
  generateKey: {
    rsaKeyGen: RSA,
    ec: `ECDSA ECDH ${NODE_EDWARDS}`,
    aesKey: AES,
    hmac: 'HMAC',
    kmacKey: KMAC,
    '': `${EDWARDS} ${MONTGOMERY} ${MLDSA} ChaCha20-Poly1305`,
  },
  importKey: {
    hash: RSA,
    ec: `ECDSA ECDH ${NODE_EDWARDS}`,
    hmac: 'HMAC',
    kmacKey: KMAC,
    '': `${EDWARDS} ${MONTGOMERY} ${AES} ${MLDSA} HKDF PBKDF2 ChaCha20-Poly1305`,
  },
  sign: { '': `RSASSA-PKCS1-v1_5 HMAC Ed25519 ${NODE_EDWARDS}`, kmac: KMAC, pss: 'RSA-PSS', hash: 'ECDSA', context: `Ed448 ${MLDSA}` },
  encrypt: { oaep: 'RSA-OAEP', ctr: 'AES-CTR', cbc: 'AES-CBC', aead: 'AES-GCM AES-OCB ChaCha20-Poly1305' },
  deriveBits: { ecdh: `ECDH ${MONTGOMERY}`, hkdf: 'HKDF', pbkdf2: 'PBKDF2' },
  wrapKey: { '': 'AES-KW' },
  getKeyLength: { aesKey: AES, hmac: 'HMAC', kmacKey: KMAC, '': 'HKDF PBKDF2 ChaCha20-Poly1305' },
} as const;

/** Members of each dictionary in the order Web IDL reads them: key, `!` when required, type. */
const DICTIONARIES: Readonly<Record<string, string>> = {
  '': '',
  rsaKeyGen: 'modulusLength!long publicExponent!integer hash!hash',
  hash: 'hash!hash',
  ec: 'namedCurve!text',
  aesKey: 'length!short',
  hmac: 'hash!hash length?long',
  kmacKey: 'length?long',
  kmac: 'customization?bytes outputLength!long',
  pss: 'saltLength!long',
  context: 'context?bytes',
  oaep: 'label?bytes',
  ctr: 'counter!bytes length!octet',
  cbc: 'iv!bytes',
  aead: 'additionalData?bytes iv!bytes tagLength?octet',
  ecdh: 'public!key',
  hkdf: 'hash!hash info!bytes salt!bytes',
  pbkdf2: 'hash!hash iterations!long salt!bytes',
};

const TYPES: Readonly<Record<string, Converter<unknown>>> = {
  text: DOMString,
  octet: integer(8, false, { enforceRange: true }),
  short: integer(16, false, { enforceRange: true }),
  long: integer(32, false, { enforceRange: true }),
  bytes: bufferSource,
  integer: (value, context) => {
    const bytes = bufferSource(value, context);
    if (TypedArrayPrototypeGetSymbolToStringTag(bytes) !== 'Uint8Array') throw new TypeErrorCtor(`${context} is not of type 'Uint8Array'.`);
    return bytes;
  },
  key: interfaceOf('CryptoKey', isCryptoKey),
  hash: (value, context) => algorithmIdentifier(value, context),
};

type Member = { key: string; required: boolean; type: string };
/** An algorithm as an operation takes it. `plain` is its normal form when it has no parameters. */
type Entry = { name: string; members: Member[]; plain: Algorithm };
const tables = new MapCtor<Operation, Map<string, Entry>>();

const newAlgorithm = (name: string): Algorithm => {
  const algorithm = ObjectCreate(null) as Algorithm;
  algorithm.name = name;
  return algorithm;
};

const parseMembers = (text: string): Member[] => {
  const members: Member[] = [];
  const words = text === '' ? [] : StringPrototypeSplit(text, ' ');
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const required = StringPrototypeIncludes(word, '!');
    const parts = StringPrototypeSplit(word, required ? '!' : '?');
    ArrayPrototypePush(members, { key: parts[0] as string, required, type: parts[1] as string });
  }
  return members;
};

const tableOf = (operation: Operation): Map<string, Entry> => {
  let table = MapPrototypeGet(tables, operation);
  if (table !== undefined) return table;
  table = new MapCtor<string, Entry>();
  const line = REGISTRY[operation] as Record<string, string>;
  const dictionaries = ObjectKeys(line);
  for (let d = 0; d < dictionaries.length; d++) {
    const dictionary = dictionaries[d] as string;
    const members = parseMembers(DICTIONARIES[dictionary] as string);
    const names = StringPrototypeSplit(line[dictionary] as string, ' ');
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      const entry = { name, members, plain: newAlgorithm(name) };
      MapPrototypeSet(table, name, entry);
      MapPrototypeSet(table, StringPrototypeToLowerCase(name), entry);
    }
  }
  MapPrototypeSet(tables, operation, table);
  return table;
};

/** Names match regardless of ASCII case; the Kelvin sign alone would become an ASCII letter in lower case. */
const find = (operation: Operation, name: string): Entry => {
  const table = tableOf(operation);
  const entry =
    MapPrototypeGet(table, name) ?? (StringPrototypeIncludes(name, '\u212A') ? undefined : MapPrototypeGet(table, StringPrototypeToLowerCase(name)));
  if (entry === undefined) throw new DOMException(`Unrecognized or unsupported algorithm "${name}" for ${operation}.`, 'NotSupportedError');
  return entry;
};

/** `AlgorithmIdentifier`, that is `(object or DOMString)`. */
export const algorithmIdentifier: Converter<object | string> = (value, context) => (isObject(value) ? value : DOMString(value, context));

/**
 * Normalises an algorithm.
 * @param given what `algorithmIdentifier` made of the argument
 * @param bytes where copies of byte members are added
 */
export function normalizeAlgorithm(operation: Operation, given: object | string, bytes: Uint8Array[]): Algorithm {
  if (typeof given === 'string') {
    const { name, members, plain } = find(operation, given);
    for (let i = 0; i < members.length; i++)
      if (members[i]?.required) throw new TypeErrorCtor(`Algorithm "${name}": required member ${members[i]?.key} is undefined.`);
    return plain;
  }
  const source = given as Record<string, unknown>;
  // Steps 3 and 7 read `name` twice: once to know the dictionary, once as its member.
  const { name, members, plain } = find(operation, readName(source));
  readName(source);
  if (members.length === 0) return plain;
  const values: unknown[] = [];
  for (let i = 0; i < members.length; i++) {
    const { key, required, type } = members[i] as Member;
    const value = source[key];
    if (value === undefined && required) throw new TypeErrorCtor(`Algorithm "${name}": required member ${key} is undefined.`);
    ArrayPrototypePush(values, value === undefined ? undefined : (TYPES[type] as Converter<unknown>)(value, `Algorithm "${name}": member ${key}`));
  }
  // Step 9: what remains to do with bytes and hashes, once everything has been read.
  const result = newAlgorithm(name);
  for (let i = 0; i < members.length; i++) {
    const { key, type } = members[i] as Member;
    const value = values[i];
    if (value === undefined) continue;
    if (type === 'bytes' || type === 'integer') result[key] = ArrayPrototypePush(bytes, copyOf(value as BufferSource)) - 1;
    else if (type === 'hash') result[key] = normalizeAlgorithm('digest', value as object | string, bytes).name;
    else if (type === 'key') result[key] = keyHandle(value as CryptoKey);
    else result[key] = value as string | number;
  }
  return result;
}

const readName = (source: Record<string, unknown>): string => {
  const { name } = source;
  if (name === undefined) throw new TypeErrorCtor('Algorithm: required member name is undefined.');
  return DOMString(name, 'Algorithm: member name');
};
