import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Request, Sync } from '../../protocol/ops.ts';
import { Handles } from '../handles.ts';
import type { OpContext } from '../op.ts';
import { cryptoRequests, cryptoSyncs } from './index.ts';
import { MAX_KEYS, MAX_TEXT } from './limits.ts';

const newContext = (): OpContext =>
  ({ handles: new Handles(), event: (id: unknown) => (id === 1 ? { id, ended: false, charge: () => {} } : undefined) }) as OpContext;
const subtle = async (context: OpContext, operation: unknown, members: unknown, ...bytes: unknown[]): Promise<unknown> =>
  cryptoRequests[Request.subtle]?.(context, 1, 1, operation, typeof members === 'string' ? members : JSON.stringify(members), ...bytes);
const digest = async (context: OpContext, ...args: unknown[]): Promise<unknown> => cryptoRequests[Request.digest]?.(context, 1, 1, ...args);

type Described = { handle: number; type: string; extractable: boolean; algorithm: Record<string, unknown>; usages: number };
const SIGN = 4;
const VERIFY = 8;
const HMAC = { format: 'raw', algorithm: { name: 'HMAC', hash: 'SHA-256' }, extractable: false, usages: SIGN | VERIFY };

const newHmac = async (context: OpContext, bytes: Uint8Array = new Uint8Array(32)): Promise<Described> =>
  JSON.parse((await subtle(context, 'importKey', HMAC, bytes)) as string) as Described;
const hex = (bytes: unknown): string => Buffer.from(bytes as ArrayBuffer).toString('hex');

describe('subtle op', () => {
  it('sign: answers with the code of RFC 4231, test case 2', async () => {
    const context = newContext();
    const { handle } = await newHmac(context, Buffer.from('Jefe'));
    const mac = await subtle(context, 'sign', { algorithm: { name: 'HMAC' }, key: handle }, new Uint8Array(Buffer.from('what do ya want for nothing?')));
    assert.equal(hex(mac), '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
    assert.equal((mac as ArrayBuffer).byteLength, 32);
  });

  it('verify: is false for a code that is too short', async () => {
    const context = newContext();
    const { handle } = await newHmac(context);
    assert.equal(await subtle(context, 'verify', { algorithm: { name: 'HMAC' }, key: handle }, new Uint8Array(4), new Uint8Array(1)), false);
  });

  it('sign: refuses a key without the usage', async () => {
    const context = newContext();
    const { handle } = JSON.parse((await subtle(context, 'importKey', { ...HMAC, usages: VERIFY }, new Uint8Array(8))) as string) as Described;
    await assert.rejects(subtle(context, 'sign', { algorithm: { name: 'HMAC' }, key: handle }, new Uint8Array(1)), { name: 'InvalidAccessError' });
  });

  it('encrypt: answers with test case 4 of the GCM specification, short or long way', async () => {
    const context = newContext();
    const key = Buffer.from('feffe9928665731c6d6a8f9467308308', 'hex');
    const plain = Buffer.from(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      'hex',
    );
    const sealed =
      '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47';
    const { handle } = JSON.parse(
      (await subtle(context, 'importKey', { format: 'raw', algorithm: { name: 'AES-GCM' }, usages: 3 }, key)) as string,
    ) as Described;
    const algorithm = { name: 'AES-GCM', iv: 0, additionalData: 1 };
    const iv = Buffer.from('cafebabefacedbaddecaf888', 'hex');
    const extra = Buffer.from('feedfacedeadbeeffeedfacedeadbeefabaddad2', 'hex');
    assert.equal(hex(await subtle(context, 'encrypt', { algorithm, key: handle }, iv, extra, plain)), sealed);
    assert.equal(hex(await subtle(context, 'decrypt', { algorithm, key: handle }, iv, extra, Buffer.from(sealed, 'hex'))), plain.toString('hex'));
    const forged = Buffer.from(sealed, 'hex');
    forged[0] = 0;
    await assert.rejects(subtle(context, 'decrypt', { algorithm, key: handle }, iv, extra, forged), { name: 'OperationError' });
    const long = new Uint8Array(100_000);
    const longSealed = new Uint8Array((await subtle(context, 'encrypt', { algorithm, key: handle }, iv, extra, long)) as ArrayBuffer);
    assert.equal(longSealed.length, 100_016);
    assert.deepEqual(new Uint8Array((await subtle(context, 'decrypt', { algorithm, key: handle }, iv, extra, longSealed)) as ArrayBuffer), long);
  });

  it('importKey: a SyntaxError is an answer, as the bridge has no name for it', async () => {
    assert.match((await subtle(newContext(), 'importKey', { ...HMAC, usages: 1 }, new Uint8Array(8))) as string, /^!/);
  });

  it('importKey: a failure costs nothing', async () => {
    const context = newContext();
    await assert.rejects(subtle(context, 'importKey', HMAC, new Uint8Array(0)), { name: 'DataError' });
    assert.equal(context.handles.size, 0);
  });

  it('importKey: keeps nothing for an event that is over', async () => {
    const context = newContext();
    await assert.rejects(async () => cryptoRequests[Request.subtle]?.(context, 2, 1, 'importKey', JSON.stringify(HMAC), new Uint8Array(8)), {
      name: 'OperationError',
    });
    assert.equal(context.handles.size, 0);
  });

  it('importKey: refuses more keys than an isolate may hold, and takes them again after a release', async () => {
    const context = newContext();
    const big = new Uint8Array((MAX_KEYS - 1) * 1024);
    const { handle } = await newHmac(context, big);
    await newHmac(context);
    await assert.rejects(newHmac(context), { name: 'OperationError' });
    await subtle(context, 'release', JSON.stringify([handle, handle, 'x', null, -1]));
    await newHmac(context);
    await assert.rejects(newHmac(context, big), { name: 'OperationError' });
  });

  it('importKey: knows NODE-ED25519', async () => {
    const key = Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex');
    const context = newContext();
    const { handle } = JSON.parse(
      (await subtle(context, 'importKey', { format: 'raw', algorithm: { name: 'NODE-ED25519', namedCurve: 'NODE-ED25519' }, usages: VERIFY }, key)) as string,
    ) as Described;
    // RFC 8032, section 7.1, test 1: the signature of nothing.
    const signature = Buffer.from(
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      'hex',
    );
    assert.equal(await subtle(context, 'verify', { algorithm: { name: 'NODE-ED25519' }, key: handle }, signature, new Uint8Array(0)), true);
  });

  it('deriveBits: answers with RFC 6070, case 2, and stops at the iterations Cloudflare stops at', async () => {
    const context = newContext();
    const { handle } = JSON.parse(
      (await subtle(context, 'importKey', { format: 'raw', algorithm: { name: 'PBKDF2' }, usages: 32 }, Buffer.from('password'))) as string,
    ) as Described;
    const derive = (iterations: number, length: number): Promise<unknown> =>
      subtle(context, 'deriveBits', { algorithm: { name: 'PBKDF2', hash: 'SHA-1', salt: 0, iterations }, key: handle, length }, Buffer.from('salt'));
    assert.equal(hex(await derive(2, 160)), 'ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957');
    await assert.rejects(derive(100_001, 160), {
      name: 'NotSupportedError',
      message: 'Pbkdf2 failed: iteration counts above 100000 are not supported (requested 100001).',
    });
    await assert.rejects(derive(100_000, 160 * 17), { name: 'OperationError' });
    await assert.rejects(derive(1, 0xffff_fff8), { name: 'OperationError' });
  });

  it('generateKey: refuses RSA parameters that would never end', async () => {
    const context = newContext();
    const generate = (modulusLength: number, exponent: number[]): Promise<unknown> =>
      subtle(
        context,
        'generateKey',
        { algorithm: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength, publicExponent: 0 }, usages: SIGN },
        new Uint8Array(exponent),
      );
    for (const exponent of [[], [0], [1], [2], [1, 0, 0], [1, 0, 0, 0, 1]]) await assert.rejects(generate(2048, exponent), { name: 'OperationError' });
    await assert.rejects(generate(16_384, [1, 0, 1]), { name: 'OperationError' });
    assert.equal(context.handles.size, 0);
  });

  it('generateKey: a non-extractable HMAC key stays one', async () => {
    const context = newContext();
    const made = JSON.parse((await subtle(context, 'generateKey', { algorithm: HMAC.algorithm, extractable: false, usages: SIGN })) as string) as Described;
    assert.deepEqual(made, {
      handle: 1,
      type: 'secret',
      extractable: false,
      algorithm: { name: 'HMAC', hash: { name: 'SHA-256' }, length: 512 },
      usages: SIGN,
    });
    await assert.rejects(subtle(context, 'exportKey', { format: 'raw', key: 1 }), { name: 'InvalidAccessError' });
  });

  it('refuses whatever no honest runtime sends', async () => {
    const context = newContext();
    const { handle } = await newHmac(context);
    const data = new Uint8Array(1);
    const algorithm = { name: 'HMAC' };
    const hostile: [unknown, unknown, ...unknown[]][] = [
      ['sign', 'not JSON', data],
      ['sign', 'null', data],
      ['sign', 'x'.repeat(MAX_TEXT + 1), data],
      ['sign', {}, data],
      ['sign', { algorithm: null, key: handle }, data],
      ['sign', { algorithm: {}, key: handle }, data],
      ['sign', { algorithm: { name: {} }, key: handle }, data],
      ['sign', { algorithm: { name: 'ECDSA', hash: [] }, key: handle }, data],
      ['sign', { algorithm, key: 99 }, data],
      ['sign', { algorithm, key: '__proto__' }, data],
      ['sign', { algorithm, key: handle }],
      ['sign', { algorithm, key: handle }, 'text'],
      ['sign', { algorithm, key: handle }, new Uint8Array(new SharedArrayBuffer(8))],
      ['sign', { algorithm: { name: 'RSA-PSS', saltLength: -1 }, key: handle }, data],
      ['sign', { algorithm: { name: 'RSA-PSS', saltLength: 1e300 }, key: handle }, data],
      ['encrypt', { algorithm: { name: 'AES-GCM', iv: 7 }, key: handle }, data],
      ['encrypt', { algorithm: { name: 'AES-GCM', iv: '0' }, key: handle }, data],
      ['deriveBits', { algorithm: { name: 'ECDH', public: handle + 1 }, key: handle, length: 8 }],
      ['deriveBits', { algorithm: { name: 'HKDF' }, key: handle, length: 'x' }],
      ['exportKey', { key: handle }],
      ['importKey', { format: 'jwk', algorithm, usages: 1, jwk: 'x' }],
      ['importKey', { format: 'raw', algorithm, usages: '1' }, data],
      ['release', '{}'],
      ['digestUpdate', handle as unknown as string, data],
      ['digestFinish', '7'],
    ];
    for (const [operation, members, ...bytes] of hostile) {
      await assert.rejects(
        subtle(context, operation, members, ...bytes),
        { name: 'TypeError' },
        `${String(operation)} ${JSON.stringify(members).slice(0, 80)}`,
      );
    }
    await assert.rejects(subtle(context, 'constructor', {}), { name: 'NotSupportedError' });
    await assert.rejects(subtle(context, undefined, {}), { name: 'NotSupportedError' });
    assert.equal(context.handles.size, 1);
  });

  it('a handle means nothing to another isolate', async () => {
    const { handle } = await newHmac(newContext());
    await assert.rejects(subtle(newContext(), 'sign', { algorithm: { name: 'HMAC' }, key: handle }, new Uint8Array(1)), { name: 'TypeError' });
  });

  it('release: leaves alone what is not a key', async () => {
    const context = newContext();
    const handle = context.handles.add(new Date());
    await subtle(context, 'release', `[${handle}]`);
    assert.equal(context.handles.size, 1);
  });

  it('a job that waits keeps its key though the isolate gives it up', async () => {
    const context = newContext();
    const { handle } = await newHmac(context);
    const data = new Uint8Array(100_000);
    const jobs = Array.from({ length: 8 }, () => subtle(context, 'sign', { algorithm: { name: 'HMAC' }, key: handle }, data));
    await subtle(context, 'release', `[${handle}]`);
    assert.equal(new Set((await Promise.all(jobs)).map(hex)).size, 1);
  });
});

describe('digest op', () => {
  it('digest: answers with known digests of "abc"', async () => {
    const abc = new Uint8Array(Buffer.from('abc'));
    assert.equal(hex(await digest(newContext(), 'SHA-256', abc)), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    assert.equal(hex(await digest(newContext(), 'SHA-1', abc)), 'a9993e364706816aba3e25717850c26c9cd0d89d');
    assert.equal(hex(await digest(newContext(), 'MD5', abc.buffer)), '900150983cd24fb0d6963f7d28e17f72');
  });

  it('digest: checksums have their known values, in one piece and by and by', async () => {
    const context = newContext();
    const text = new TextEncoder().encode('123456789');
    const running = async (...args: unknown[]): Promise<unknown> => cryptoRequests[Request.subtle]?.(context, 1, 1, ...args);
    for (const [name, expected] of [
      ['crc32', 'cbf43926'],
      ['crc32c', 'e3069283'],
      ['crc64nvme', 'ae8b14860a799888'],
    ] as const) {
      assert.equal(hex(await digest(context, name, text)), expected);
      const handle = await running('digestStart', name);
      await running('digestUpdate', handle, text.subarray(0, 4));
      await running('digestUpdate', handle, text.subarray(4));
      assert.equal(hex(await running('digestFinish', handle)), expected);
    }
    for (const name of ['crc', 'toString', '__proto__', 5]) await assert.rejects(digest(context, name, text), { name: 'NotSupportedError' });
  });

  it('digest: is the same on a thread', async () => {
    const million = new Uint8Array(Buffer.alloc(1_000_000, 'a'));
    assert.equal(hex(await digest(newContext(), 'SHA-256', million)), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
    assert.equal(hex(await digest(newContext(), 'MD5', million)), '7707d6ae4e027c70eea2a935c2296f21');
  });

  it('digest: refuses unknown names and non-bytes', async () => {
    await assert.rejects(digest(newContext(), 'sha256', new Uint8Array(1)), { name: 'NotSupportedError' });
    await assert.rejects(digest(newContext(), {}, new Uint8Array(1)), { name: 'NotSupportedError' });
    await assert.rejects(digest(newContext(), 'SHA-256', 'abc'), { name: 'TypeError' });
  });
});

describe('random op', () => {
  it('random: gives as many bytes as asked, within reason', () => {
    const random = (count: unknown): unknown => cryptoSyncs[Sync.random]?.(newContext(), 1, count);
    assert.equal((random(4096) as ArrayBuffer).byteLength, 4096);
    assert.equal((random(0) as ArrayBuffer).byteLength, 0);
    for (const count of [65_537, 1e9]) assert.throws(() => random(count), { name: 'RangeError' });
    for (const count of [-1, 1.5, '16', NaN, undefined]) assert.throws(() => random(count), { name: 'TypeError' });
  });
});
