import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import './testing/chunks.ts';
import { Blob } from './blob.ts';
import { fetch } from './fetch.ts';
import { Request } from './request.ts';
import { URL } from './url/url.ts';
import { fakeHost } from './testing/fake-host.ts';

beforeEach(() => {
  fakeHost();
});

const blob = new Blob(['0123456789'], { type: 'text/x' });

test('createObjectURL: makes names without an origin, no two the same', () => {
  const [one, two] = [URL.createObjectURL(blob), URL.createObjectURL(blob)];
  assert.match(one, /^blob:null\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.notEqual(one, two);
  for (const value of [undefined, {}, 'blob']) assert.throws(() => URL.createObjectURL(value), TypeError);
});

test('fetch: answers with the bytes and the type, whatever the fragment', async () => {
  const url = URL.createObjectURL(blob);
  const response = await fetch(`${url}#x`);
  assert.deepEqual([response.status, response.headers.get('content-type'), response.headers.get('content-length')], [200, 'text/x', '10']);
  assert.equal(await response.text(), '0123456789');
  assert.equal(await (await fetch(url)).text(), '0123456789');
});

test('fetch: a type that is no MIME type is none', async () => {
  for (const [type, expected] of [
    ['invalid', ''],
    ['text /plain', ''],
    ['', ''],
    ['text/plain;charset=UTF-8', 'text/plain;charset=utf-8'],
    ['Text/X; a', 'text/x; a'],
  ] as const) {
    const response = await fetch(URL.createObjectURL(new Blob([], { type })));
    assert.equal(response.headers.get('content-type'), expected);
  }
});

test('fetch: what is revoked, unknown or not got is an error', async () => {
  const url = URL.createObjectURL(blob);
  const early = new Request(url);
  await assert.rejects(fetch(url, { method: 'HEAD' }), TypeError);
  await assert.rejects(fetch(`${url}?query`), TypeError);
  URL.revokeObjectURL(`${url}#x`);
  assert.equal((await fetch(url)).status, 200);
  URL.revokeObjectURL(url);
  await assert.rejects(fetch(url), TypeError);
  assert.equal(await (await fetch(early.clone())).text(), '0123456789');
});

test('fetch: a range is a part of the bytes', async () => {
  const url = URL.createObjectURL(blob);
  const part = async (range: string): Promise<string> => {
    const response = await fetch(url, { headers: { range } });
    return `${response.status} ${response.headers.get('content-range')} ${await response.text()}`;
  };
  assert.equal(await part('bytes=2-4'), '206 bytes 2-4/10 234');
  assert.equal(await part('bytes = 8 - 99'), '206 bytes 8-9/10 89');
  assert.equal(await part('bytes=-3'), '206 bytes 7-9/10 789');
  assert.equal(await part('bytes=-99'), '206 bytes 0-9/10 0123456789');
  for (const range of ['bytes=', 'bytes=-', 'bytes=4-2', 'bytes=10-', 'bytes=1-2,3-4', 'items=1-2']) await assert.rejects(part(range), TypeError, range);
});
