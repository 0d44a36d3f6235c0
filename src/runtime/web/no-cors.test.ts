import assert from 'node:assert/strict';
import { test } from 'node:test';
import './testing/chunks.ts';
import { copyHeaders, Headers } from './headers.ts';
import { guardNoCors } from './no-cors.ts';

function guarded(...pairs: readonly [string, string][]): Headers {
  const headers = new Headers();
  for (const [name, value] of pairs) headers.append(name, value);
  guardNoCors(headers);
  return headers;
}

test('guardNoCors: drops what is there already and no form could send', () => {
  const headers = guarded(['Accept', 'a/b'], ['Authorization', 'x'], ['Content-Type', 'application/json'], ['Set-Cookie', 'a'], ['Set-Cookie', 'b']);
  assert.deepEqual([...(headers as unknown as Iterable<unknown>)], [['accept', 'a/b']]);
});

test('guardNoCors: refuses other names without a word', () => {
  const headers = guarded();
  headers.append('X-Name', '1');
  headers.set('Range', 'bytes=0-');
  assert.equal(headers.has('x-name') || headers.has('range'), false);
});

test('guardNoCors: content types are those of forms, whatever their case and parameters', () => {
  const headers = guarded();
  for (const type of ['TEXT/plain; charset=utf-8', 'multipart/form-data', 'application/x-www-form-urlencoded']) {
    headers.set('Content-Type', type);
    assert.equal(headers.get('content-type'), type);
  }
  headers.set('Content-Type', 'text/html');
  assert.equal(headers.get('content-type'), 'application/x-www-form-urlencoded');
});

test('guardNoCors: values have safe characters and 128 of them at most, counted over all of a name', () => {
  const headers = guarded();
  headers.set('Accept', '"a"');
  headers.set('Accept-Language', 'de@x');
  assert.equal(headers.has('accept') || headers.has('accept-language'), false);
  headers.append('Accept', 'a'.repeat(127));
  headers.append('Accept', 'b');
  assert.equal(headers.get('accept'), 'a'.repeat(127));
});

test('guardNoCors: what may be set may be deleted', () => {
  const headers = guarded(['Accept', 'a/b']);
  headers.delete('Accept');
  assert.equal(headers.has('accept'), false);
});

test('guardNoCors: a copy keeps the guard where it is asked to', () => {
  const [clone, copy] = [copyHeaders(guarded(), true), copyHeaders(guarded(), false)];
  clone.set('X', '1');
  copy.set('X', '1');
  assert.deepEqual([clone.has('x'), copy.has('x')], [false, true]);
});
