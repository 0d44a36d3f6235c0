import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { combineCrcs, createCrc, type CrcName } from './crc.ts';

const NAMES: readonly CrcName[] = ['crc32', 'crc32c', 'crc64nvme'];

function crcOf(name: CrcName, ...pieces: Uint8Array[]): string {
  const crc = createCrc(name);
  for (const piece of pieces) crc.update(piece);
  return crc.digest().toString('hex');
}

test('createCrc: the check values of the catalogue', () => {
  const digits = Buffer.from('123456789');
  assert.deepEqual(
    NAMES.map((name) => crcOf(name, digits)),
    ['cbf43926', 'e3069283', 'ae8b14860a799888'],
  );
  assert.deepEqual(
    NAMES.map((name) => crcOf(name)),
    ['00000000', '00000000', '0000000000000000'],
  );
});

test('createCrc: however the bytes come', () => {
  const bytes = randomBytes(1001);
  for (const name of NAMES) {
    const whole = crcOf(name, bytes);
    for (const at of [1, 7, 8, 9, 500]) assert.equal(crcOf(name, bytes.subarray(0, at), bytes.subarray(at)), whole);
  }
});

test('combineCrcs: of pieces, that of the whole', () => {
  const pieces = [1000, 1000, 1000, 17, 0].map((size) => randomBytes(size));
  for (const name of NAMES) {
    const digests = pieces.map((piece) => ({ digest: Buffer.from(crcOf(name, piece), 'hex'), size: piece.length }));
    assert.equal(combineCrcs(name, digests).toString('hex'), crcOf(name, ...pieces));
  }
});
