import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { runtimeFile } from '../build/runtime-bundle.ts';
import { CHUNK_NAMES, CHUNKS } from '../protocol/chunks.ts';
import { Entry, Load } from '../protocol/ops.ts';
import { runtimeCacheDir } from '../server/runtime-cache.ts';
import { Isolate } from './isolate.ts';
import { SwitchableInbox } from './pool.ts';
import type { Realm } from './realm.ts';
import { createSnapshot, type Snapshot } from './snapshot.ts';

let snapshot: Snapshot;
before(async () => {
  snapshot = createSnapshot(await runtimeFile(runtimeCacheDir()));
});

const GLOBALS = CHUNK_NAMES.map((name) => `${name} ${CHUNKS[name].interfaces ?? ''} ${CHUNKS[name].members ?? ''}`.replaceAll(/ +/g, ' ').trim()).join('\n');

/** A sealed realm with no chunk loaded, and what runs code in it. */
const open = async (
  t: { after(f: () => void): void },
  globals: string | null = GLOBALS,
): Promise<{ realm: Realm; run: (code: string) => Promise<unknown> }> => {
  const isolate = new Isolate(snapshot, 64, () => {});
  t.after(() => isolate.dispose());
  const realm = await isolate.createRealm(new SwitchableInbox());
  const config = { format: 'modules', compatibilityDate: '', compatibilityFlags: [], globals: globals ?? undefined };
  await realm.enter([Entry.load, 0, Load.configure, JSON.stringify(config), '{}'], 1000);
  await realm.enter([Entry.load, 0, Load.seal], 1000);
  return {
    realm,
    run: async (code) =>
      realm.context
        .eval(`JSON.stringify((() => { 'use strict'; ${code} })())`, { timeout: 5000, copy: true })
        .then((text) => JSON.parse((text as string) ?? 'null')),
  };
};

describe('chunks', () => {
  test('a global that no source names loads its chunk on first use, and has the right descriptor then', async (t) => {
    const { run } = await open(t);
    assert.deepEqual(
      await run(`const URL = globalThis['UR' + 'L']; return [new URL('http://a/b').pathname, URL.name, typeof setTimeout, structuredClone({ a: 1 })];`),
      ['/b', 'URL', 'function', { a: 1 }],
    );
    const shape = await run(
      `return ['URL', 'URLSearchParams', 'setTimeout'].map((it) => { const { value, ...rest } = Object.getOwnPropertyDescriptor(globalThis, it); return [typeof value, rest]; });`,
    );
    assert.deepEqual(shape, [
      ['function', { writable: true, enumerable: false, configurable: true }],
      ['function', { writable: true, enumerable: false, configurable: true }],
      ['function', { writable: true, enumerable: true, configurable: true }],
    ]);
  });

  test('every chunk loads by itself, after the app has changed the prototypes it could want', async (t) => {
    for (const name of CHUNK_NAMES) {
      const first = `${CHUNKS[name].interfaces ?? ''} ${CHUNKS[name].members ?? ''}`.trim().split(' ')[0];
      if (first === undefined || first === '') continue;
      const { run } = await open(t);
      const hostile = `const no = () => { throw new Error('reached'); };
        const victims = [Array.prototype, 'map', Array.prototype, 'push', Array.prototype, 'slice', Array.prototype, 'join', Array.prototype, Symbol.iterator, Function.prototype, 'call',
          Function.prototype, 'apply', Function.prototype, 'bind', Promise.prototype, 'then', Map.prototype, 'get', Map.prototype, 'set', Object, 'defineProperty', Object, 'keys', Reflect, 'apply',
          Reflect, 'ownKeys', String.prototype, 'split', String.prototype, 'slice', globalThis, 'Map', globalThis, 'Promise', globalThis, 'Uint8Array', globalThis, 'eval'];
        for (let i = 0; i < victims.length; i += 2) victims[i][victims[i + 1]] = no;`;
      assert.equal(await run(`${hostile} return typeof globalThis[${JSON.stringify(first)}] === 'undefined' ? 'missing' : 'there';`), 'there', name);
    }
  });

  test('what the app puts in the place of a global, or takes away, stays as it is', async (t) => {
    const { run } = await open(t);
    assert.deepEqual(
      await run(
        `URL = 5; delete globalThis.URLSearchParams; Object.defineProperty(globalThis, 'Blob', { get: () => 6, configurable: true }); new Request('http://a/'); globalThis['Fi' + 'le']; return [URL, 'URLSearchParams' in globalThis, Blob];`,
      ),
      [5, false, 6],
    );
  });

  test('a frozen global object still has them all', async (t) => {
    const { run } = await open(t);
    assert.deepEqual(await run(`Object.freeze(globalThis); return [new URL('http://a/').host, new URL('http://b/').host, URL === URL];`), ['a', 'b', true]);
  });

  test('without stand-ins the runtime loads what it needs itself', async (t) => {
    const { run } = await open(t, null);
    assert.deepEqual(
      await run(`const before = Object.hasOwn(globalThis, 'URL'); return [before, new Request('http://a/b').url, new Response('x').clone().status];`),
      [false, 'http://a/b', 200],
    );
  });

  test('code from strings stays forbidden, and no stack shows the original eval', async (t) => {
    const { run } = await open(t);
    const found = await run(`
      const seen = [];
      Error.prepareStackTrace = (error, sites) => { for (const site of sites) { const it = site.getFunction(); if (typeof it === 'function') seen.push(it); } return ''; };
      const names = ${JSON.stringify(CHUNK_NAMES.flatMap((name) => `${CHUNKS[name].interfaces ?? ''} ${CHUNKS[name].members ?? ''}`.trim().split(' ')).filter((it) => it !== ''))};
      const load = () => { for (const name of names) globalThis[name]; };
      let level = 0;
      // Where the stack is about to end, loading fails at another place on every level; every one would take long.
      const deep = () => { try { deep(); } catch (error) { error.stack; } if (level++ % 20 === 0) try { load(); } catch (error) { error.stack; } };
      deep();
      load();
      const codes = ['1', 'return 1'];
      const ran = [];
      for (const it of [...seen, eval, Function, (() => {}).constructor, (async () => {}).constructor]) for (const code of codes) { try { it(code); ran.push(it.name); } catch (error) { if (error.name === 'RangeError') ran.push('?'); } }
      return [ran, new URL('http://a/').host];`);
    assert.deepEqual(found, [[], 'a']);
  });
});

test('imageFor: the least costly snapshot for what an app needs', () => {
  const has = (chunks: Parameters<Snapshot['imageFor']>[0]): string => [...snapshot.imageFor(chunks).chunks].join();
  assert.equal(has([]), '');
  assert.equal(has(['base', 'url']), 'base,url');
  assert.match(has(['base', 'events', 'streams']), /streams/);
  assert.match(has(CHUNK_NAMES), /streams/);
});

test('source: only chunks have one', () => {
  assert.throws(() => snapshot.source('core'), /No such chunk/);
  assert.throws(() => snapshot.source({ toString: () => '__proto__' }), /No such chunk/);
  assert.throws(() => snapshot.source(undefined), /No such chunk/);
});
