import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import './testing/chunks.ts';
import { Request as RequestOp } from '../../protocol/ops.ts';
import { fetch } from './fetch.ts';
import { strongestMetadata } from './integrity.ts';
import { fakeHost, turn } from './testing/fake-host.ts';
import type { Response } from './response.ts';

const digest = (bits: number, text: string): string => createHash(`sha${bits}`).update(text).digest('base64');

async function get(integrity: string): Promise<Response> {
  const host = fakeHost();
  const fetched = fetch('http://h/', { integrity });
  fetched.catch(() => {});
  host.answer(RequestOp.fetch, 200, '', 'content-type\ntext/x', 'http://h/', false, 5);
  await turn();
  if (host.calls.some(([op]) => op === RequestOp.sourceBytes)) {
    host.answer(RequestOp.sourceBytes, new TextEncoder().encode('body').buffer);
    await turn();
    const call = host.calls.find(([op]) => op === RequestOp.digest);
    const hash = createHash(String(call?.[3]).replace('-', '').toLowerCase())
      .update(call?.[4] as Uint8Array)
      .digest();
    host.answer(RequestOp.digest, new Uint8Array(hash).buffer);
  }
  return fetched;
}

test('integrity: the response is given out once its bytes are known to be right, and can be read', async () => {
  for (const bits of [256, 384, 512]) {
    const response = await get(`sha${bits}-${digest(bits, 'body')}`);
    assert.deepEqual([response.status, response.url, response.headers.get('content-type'), await response.text()], [200, 'http://h/', 'text/x', 'body']);
  }
});

test('integrity: other bytes are a TypeError that tells the URL and nothing else', async () => {
  await assert.rejects(get(`sha256-${digest(256, 'other')}`), {
    name: 'TypeError',
    message: 'Fetch API cannot load: http://h/: its bytes do not have the integrity asked for.',
  });
});

test('strongestMetadata: the strongest algorithm counts, and any of its digests', async () => {
  const right = (bits: number): string => `sha${bits}-${digest(bits, 'body')}`;
  const wrong = (bits: number): string => `sha${bits}-${digest(bits, 'other')}`;
  assert.equal((await get(`${wrong(256)} ${right(512)}`)).status, 200);
  await assert.rejects(get(`${right(256)} ${wrong(512)}`), TypeError);
  assert.equal((await get(`${wrong(384)}\t${right(384)}?option`)).status, 200);
});

test('strongestMetadata: both alphabets, with padding or without; what is unknown is ignored', () => {
  assert.deepEqual(strongestMetadata('SHA256-a_-b=='), { bits: 256, values: ['a/+b'] });
  for (const nothing of ['', 'md5-abcd', 'sha256', 'sha256-', 'sha256-$$', 'rubbish']) assert.equal(strongestMetadata(nothing), undefined, nothing);
});
