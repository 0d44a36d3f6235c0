import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CHUNK_NAMES } from '../protocol/chunks.ts';
import { globalsTable, scanSources, withNeeds } from './chunk-scan.ts';

test('scanSources: nothing for a plain handler', () => {
  assert.deepEqual(scanSources(["export default { async fetch(request) { return new Response('Hello', { headers: { a: 'b' } }); } }"]), {
    chunks: [],
    isDynamic: false,
  });
});

test('scanSources: not for what a name is only the beginning of', () => {
  assert.deepEqual(scanSources(["'Cache-Control'", "navigator.userAgent === 'Cloudflare-Workers'"]).chunks, ['navigator']);
  assert.deepEqual(scanSources(['Cloudflare.compatibilityFlags']).chunks, ['cloudflare']);
});

test('scanSources: the chunks of the globals named, wherever, each after what it needs', () => {
  assert.deepEqual(scanSources(['new URL(x)']).chunks, ['base', 'url']);
  assert.deepEqual(scanSources(['// ReadableStream']).chunks, ['base', 'events', 'streams']);
  assert.deepEqual(scanSources(["a['crypto']", 'x.atob']).chunks, ['base', 'encoding', 'crypto']);
});

test('scanSources: a name within another is none', () => {
  assert.deepEqual(scanSources(['baseURL URLs $URL myBlob cryptography']).chunks, []);
});

test('scanSources: a way to the global object makes an app dynamic', () => {
  for (const source of ['globalThis[x]', 'self.x', 'setTimeout(f)', 'addEventListener(x, y)']) assert.equal(scanSources([source]).isDynamic, true, source);
  assert.equal(scanSources(['myself.x; new URL(y)']).isDynamic, false);
});

test('withNeeds: every chunk comes after those it needs, and the table has their order', () => {
  assert.deepEqual(withNeeds(CHUNK_NAMES), [...CHUNK_NAMES]);
  for (const name of CHUNK_NAMES) {
    const all = withNeeds([name]);
    assert.deepEqual(withNeeds(all), all, `${name} does not list all that it needs`);
    assert.equal(all.at(-1), name, `${name} stands before what it needs`);
  }
});

test('globalsTable: a line for each chunk with globals', () => {
  const lines = globalsTable([]).split('\n');
  assert.ok(lines.includes('url URL URLSearchParams'));
  assert.ok(!lines.some((line) => line.startsWith('fetch')));
});

test('globalsTable: leaves out what a compatibility flag keeps from the app', () => {
  assert.ok(globalsTable([]).includes('\nnavigator '));
  assert.ok(!globalsTable(['global_navigator']).includes('navigator'));
  assert.ok(globalsTable(['global_navigator']).includes('MessageChannel'));
});
