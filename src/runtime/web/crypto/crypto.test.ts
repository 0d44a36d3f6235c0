import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import '../testing/chunks.ts';
import { Request, Sync } from '../../../protocol/ops.ts';
import { attach, enterEvent, GLOBAL_SCOPE_MESSAGE, settle } from '../../bridge.ts';
import { Crypto, crypto } from './crypto.ts';
import { CryptoKey, isCryptoKey } from './crypto-key.ts';
import { QuotaExceededError } from './quota-exceeded-error.ts';
import { SubtleCrypto } from './subtle.ts';

type Sent = { op: number; operation: unknown; members: Record<string, unknown>; bytes: Uint8Array[] };

/** A host that records what crosses and answers with `answer`. */
let sent: Sent[] = [];
let syncs: number[] = [];
let answer: unknown;
let nextByte = 0;
attach(
  (op, _event, call, operation, second, ...bytes) => {
    const isText = op === Request.subtle && typeof second === 'string' && (second[0] === '{' || second[0] === '[');
    sent.push({
      op,
      operation,
      members: isText ? (JSON.parse(second) as Record<string, unknown>) : {},
      bytes: (isText ? bytes : [second, ...bytes]) as Uint8Array[],
    });
    const value = answer;
    queueMicrotask(() => settle([call as number, true, 1, value]));
  },
  (op, _event, count) => {
    assert.equal(op, Sync.random);
    syncs.push(count as number);
    return Uint8Array.from({ length: count as number }, () => nextByte++ & 255).buffer;
  },
);

const description = (usages: number, algorithm: object = { name: 'HMAC', hash: { name: 'SHA-256' }, length: 256 }): string =>
  JSON.stringify({ handle: 7, type: 'secret', extractable: false, algorithm, usages });
const newKey = async (usages = 12): Promise<CryptoKey> => {
  answer = description(usages);
  return crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
};

beforeEach(() => {
  enterEvent(1);
  sent = [];
  syncs = [];
  answer = new ArrayBuffer(0);
});

describe('Crypto', () => {
  it('cannot be constructed, nor can what it hands out', () => {
    for (const type of [Crypto, SubtleCrypto, CryptoKey]) assert.throws(() => new type(), { name: 'TypeError', message: 'Illegal constructor' });
    assert.equal(Object.prototype.toString.call(crypto), '[object Crypto]');
    assert.deepEqual(Object.getOwnPropertyNames(CryptoKey).sort(), ['length', 'name', 'prototype']);
    assert.deepEqual(Object.getOwnPropertyNames(SubtleCrypto).sort(), ['length', 'name', 'prototype']);
  });

  it('getRandomValues: fills exactly the view, out of a pool', () => {
    const buffer = new Uint8Array(8);
    const view = new Uint16Array(buffer.buffer, 2, 2);
    const before = syncs.length;
    assert.equal(crypto.getRandomValues(view), view);
    for (let i = 0; i < 20; i++) crypto.getRandomValues(new Uint8Array(16));
    assert.ok(syncs.length - before <= 1);
    assert.deepEqual([buffer[0], buffer[1], buffer[6], buffer[7]], [0, 0, 0, 0]);
    assert.notDeepEqual([...buffer.subarray(2, 6)], [0, 0, 0, 0]);
  });

  it('getRandomValues: takes much directly', () => {
    crypto.getRandomValues(new Uint8Array(65_536));
    assert.deepEqual(syncs, [65_536]);
  });

  it('getRandomValues: gives no byte twice', () => {
    const a = crypto.getRandomValues(new Uint8Array(16)) as Uint8Array;
    const b = crypto.getRandomValues(new Uint8Array(16)) as Uint8Array;
    assert.equal(b[0], ((a[15] as number) + 1) & 255);
  });

  it('getRandomValues: refuses other types and too much', () => {
    for (const value of [new Float32Array(1), new DataView(new ArrayBuffer(1))])
      assert.throws(() => crypto.getRandomValues(value), { name: 'TypeMismatchError', code: 17 });
    for (const value of [undefined, null, 5, {}, new ArrayBuffer(4)]) assert.throws(() => crypto.getRandomValues(value), { name: 'TypeError' });
    assert.throws(
      () => crypto.getRandomValues(new Uint8Array(65_537)),
      (error: unknown) => error instanceof QuotaExceededError && error.name === 'QuotaExceededError' && error.code === 22 && error.quota === null,
    );
  });

  it('QuotaExceededError: takes nothing of Object.prototype where no options are given', () => {
    const prototype = Object.prototype as { quota?: number };
    prototype.quota = 5;
    try {
      assert.equal(new QuotaExceededError('a').quota, null);
      assert.equal(new QuotaExceededError('a', { requested: 7 }).quota, 5);
    } finally {
      delete prototype.quota;
    }
  });

  it('randomUUID: is version 4 and needs no trip each time', () => {
    for (let i = 0; i < 100; i++) assert.match(crypto.randomUUID(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.ok(syncs.length <= 1);
  });

  it('throws in the global scope, as Cloudflare does', async () => {
    enterEvent(0);
    assert.throws(() => crypto.getRandomValues(new Uint8Array(1)), { message: GLOBAL_SCOPE_MESSAGE });
    assert.throws(() => crypto.randomUUID(), { message: GLOBAL_SCOPE_MESSAGE });
    await assert.rejects(crypto.subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']), { message: GLOBAL_SCOPE_MESSAGE });
  });
});

describe('SubtleCrypto', () => {
  it('rejects, never throws, on a wrong receiver or missing arguments', async () => {
    const { sign } = crypto.subtle;
    await assert.rejects(sign.call({} as SubtleCrypto, 'HMAC', 0, 0), { name: 'TypeError' });
    await assert.rejects((crypto.subtle.sign as () => Promise<unknown>)(), { name: 'TypeError' });
  });

  it('importKey: makes a key of what the host describes', async () => {
    const key = await newKey();
    assert.ok(isCryptoKey(key));
    assert.deepEqual(
      [key.type, key.extractable, key.algorithm, key.usages],
      ['secret', false, { name: 'HMAC', hash: { name: 'SHA-256' }, length: 256 }, ['sign', 'verify']],
    );
    assert.equal(key.algorithm, key.algorithm);
    assert.equal(key.usages, key.usages);
    assert.deepEqual(sent[0]?.members, { format: 'raw', extractable: false, usages: 4, algorithm: { name: 'HMAC', hash: 'SHA-256' } });
  });

  it('importKey: gives the public exponent as bytes', async () => {
    answer = description(8, { name: 'RSA-PSS', publicExponent: [1, 0, 1] });
    const key = await crypto.subtle.importKey('spki', new Uint8Array(1), { name: 'RSA-PSS', hash: 'SHA-1' }, true, ['verify']);
    assert.deepEqual(key.algorithm, { name: 'RSA-PSS', publicExponent: new Uint8Array([1, 0, 1]) });
  });

  it('importKey: a text that begins with "!" is a SyntaxError', async () => {
    answer = '!No usages.';
    await assert.rejects(crypto.subtle.importKey('raw', new Uint8Array(1), 'HKDF', false, []), { name: 'SyntaxError', code: 12, message: 'No usages.' });
  });

  it('importKey: refuses data of the other kind, and unknown formats and usages', async () => {
    await assert.rejects(crypto.subtle.importKey('jwk', new Uint8Array(1), 'HKDF', false, []), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.importKey('raw', {}, 'HKDF', false, []), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.importKey('pem', {}, 'HKDF', false, []), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.importKey('raw', new Uint8Array(1), 'HKDF', false, ['dance']), { name: 'TypeError' });
    assert.equal(sent.length, 0);
  });

  it('importKey: converts a JWK member by member', async () => {
    answer = description(4);
    await crypto.subtle.importKey(
      'jwk',
      { kty: 'oct', k: { toString: () => 'AA' }, ext: 1, key_ops: new Set(['sign']), other: 1 },
      { name: 'HMAC', hash: 'SHA-1' },
      true,
      ['sign'],
    );
    assert.deepEqual(sent[0]?.members['jwk'], { kty: 'oct', k: 'AA', ext: true, key_ops: ['sign'] });
  });

  it('sign: reads the algorithm in order, then copies the bytes', async () => {
    const key = await newKey();
    const data = new Uint8Array([1, 2, 3, 4]);
    const read: string[] = [];
    const algorithm = {
      get saltLength() {
        read.push('saltLength');
        data[1] = 9;
        return '32';
      },
      get name() {
        read.push('name');
        return 'rsa-pss';
      },
    };
    answer = new ArrayBuffer(1);
    const signing = crypto.subtle.sign(algorithm, key, data.subarray(1, 3));
    data[2] = 0;
    await signing;
    assert.deepEqual(read, ['name', 'name', 'saltLength']);
    assert.deepEqual(sent[1]?.members, { algorithm: { name: 'RSA-PSS', saltLength: 32 }, key: 7 });
    assert.deepEqual(sent[1]?.bytes, [new Uint8Array([9, 3])]);
  });

  it('encrypt: byte members cross beside the text', async () => {
    const key = await newKey();
    await crypto.subtle.encrypt(
      { name: 'AES-GCM', iv: new Uint8Array([1]).buffer, additionalData: new DataView(new ArrayBuffer(2)), tagLength: 96 },
      key,
      new Uint8Array(3),
    );
    assert.deepEqual(sent[1]?.members, { algorithm: { name: 'AES-GCM', additionalData: 0, iv: 1, tagLength: 96 }, key: 7 });
    assert.deepEqual(
      sent[1]?.bytes.map(({ length }) => length),
      [2, 1, 3],
    );
  });

  it('a patched toJSON meddles with nothing', async () => {
    const key = await newKey();
    Object.defineProperty(Object.prototype, 'toJSON', { value: () => 'mine', configurable: true });
    try {
      await crypto.subtle.sign('HMAC', key, new Uint8Array(1));
    } finally {
      delete (Object.prototype as { toJSON?: unknown }).toJSON;
    }
    assert.deepEqual(sent[1]?.members, { algorithm: { name: 'HMAC' }, key: 7 });
  });

  it('a detached buffer counts as empty', async () => {
    const buffer = new ArrayBuffer(4);
    structuredClone(buffer, { transfer: [buffer] });
    await crypto.subtle.digest('sha-256', buffer);
    assert.deepEqual([sent[0]?.op, sent[0]?.operation, sent[0]?.bytes[0]?.length], [Request.digest, 'SHA-256', 0]);
  });

  it('normalises names by ASCII case alone, and knows what each operation takes', async () => {
    const key = await newKey();
    const unknown = { name: 'NotSupportedError', code: 9 };
    for (const name of ['AES-\u212AW', 'aes-kw\u0000', '', 'toString', '__proto__', undefined, 'SHA-256'])
      await assert.rejects(crypto.subtle.sign(name, key, new Uint8Array(1)), unknown);
    await assert.rejects(crypto.subtle.digest('HMAC', new Uint8Array(1)), unknown);
    await assert.rejects(crypto.subtle.digest({}, new Uint8Array(1)), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.sign('RSA-PSS', key, new Uint8Array(1)), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.sign({ name: 'ECDSA', hash: 'HMAC' }, key, new Uint8Array(1)), unknown);
    await assert.rejects(crypto.subtle.encrypt({ name: 'AES-CTR', counter: new Uint8Array(16), length: 256 }, key, new Uint8Array(1)), { name: 'TypeError' });
    await assert.rejects(crypto.subtle.sign('HMAC', {}, new Uint8Array(1)), { name: 'TypeError' });
  });

  it('timingSafeEqual: compares bytes of one length', () => {
    const { subtle } = crypto;
    assert.equal(subtle.timingSafeEqual(new Uint8Array([1, 2]), new Uint8Array([0, 1, 2]).subarray(1)), true);
    assert.equal(subtle.timingSafeEqual(new Uint8Array([1, 2]).buffer, new Uint8Array([1, 3])), false);
    assert.throws(() => subtle.timingSafeEqual(new Uint8Array(1), new Uint8Array(2)), {
      name: 'TypeError',
      message: 'Input buffers must have the same byte length.',
    });
    assert.throws(() => subtle.timingSafeEqual('a', 'a'), { name: 'TypeError' });
  });
});

describe('DigestStream', () => {
  const operations = (): unknown[] => sent.map(({ operation }) => operation);

  it('a short stream is one digest', async () => {
    answer = new ArrayBuffer(20);
    const stream = new crypto.DigestStream('sha-1');
    const writer = stream.getWriter();
    await writer.write(new Uint8Array([1]));
    await writer.write('é');
    await writer.close();
    assert.equal(await stream.digest, answer);
    assert.equal(stream.bytesWritten, 3n);
    assert.deepEqual(operations(), ['SHA-1']);
    assert.deepEqual(sent[0]?.bytes, [new Uint8Array([1, 0xc3, 0xa9])]);
  });

  it('a long stream is fed by and by', async () => {
    answer = 5;
    const stream = new crypto.DigestStream({ name: 'MD5' });
    const writer = stream.getWriter();
    for (let i = 0; i < 3; i++) await writer.write(new Uint8Array(40_000));
    await writer.close();
    assert.deepEqual(operations(), ['digestStart', 'digestUpdate', 'digestUpdate', 'digestFinish']);
  });

  it('what is not bytes fails the stream and the digest', async () => {
    const stream = new crypto.DigestStream('SHA-256');
    await assert.rejects(stream.getWriter().write(5), { name: 'TypeError' });
    await assert.rejects(stream.digest, { name: 'TypeError' });
  });

  it('an abort reaches the digest, and the host', async () => {
    answer = 5;
    const stream = new crypto.DigestStream('SHA-256');
    const writer = stream.getWriter();
    await writer.write(new Uint8Array(70_000));
    await writer.abort(new Error('enough'));
    await assert.rejects(stream.digest, { message: 'enough' });
    assert.deepEqual(operations(), ['digestStart', 'digestUpdate', 'release']);
  });

  it('takes checksums, in upper case, too, which crypto.subtle does not', async () => {
    for (const algorithm of ['crc32', 'CRC32C', { name: 'crc64nvme' }]) await new crypto.DigestStream(algorithm).getWriter().close();
    assert.deepEqual(operations(), ['crc32', 'crc32c', 'crc64nvme']);
    await assert.rejects(crypto.subtle.digest('crc32', new Uint8Array(1)), { name: 'NotSupportedError' });
  });

  it('refuses unknown algorithms', () => {
    assert.throws(() => new crypto.DigestStream('crc64'), { name: 'NotSupportedError' });
    assert.throws(() => new crypto.DigestStream('HMAC'), { name: 'NotSupportedError' });
    assert.throws(() => Reflect.construct(crypto.DigestStream, []), { name: 'TypeError' });
  });
});
