/** An app that changes every intrinsic it can reach harms only itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { serve } from '../support/server.ts';

const APP = `const seen = [];
const { apply } = Reflect;
const spy = (owner, name) => {
  const original = owner[name];
  owner[name] = function () { if (seen.length < 1000) seen[seen.length] = name; return apply(original, this, arguments); };
};
for (const name of ['push', 'map', 'forEach', 'slice', 'indexOf', 'join', 'splice', 'shift']) spy(Array.prototype, name);
for (const name of ['get', 'set', 'has', 'delete']) spy(Map.prototype, name);
for (const name of ['split', 'toLowerCase', 'charCodeAt', 'slice', 'replace']) spy(String.prototype, name);
spy(Promise.prototype, 'then');
spy(JSON, 'stringify');
spy(Function.prototype, 'call');
Array.prototype[Symbol.iterator] = function* () { seen[seen.length] = 'iterator'; };
Object.defineProperty(Object.prototype, 'then', { get() { seen[seen.length] = 'then of an object'; return undefined; }, configurable: true });
Object.prototype.status = 999;
Object.prototype.headers = 'polluted';

export default {
  fetch(request) {
    seen.length = 0;
    const url = new URL(request.url);
    const headers = new Headers();
    headers.append('x-path', url.pathname);
    const response = new Response('text', { status: 201, headers });
    let names = '';
    for (let i = 0; i < seen.length; i++) names += seen[i] + ',';
    return new Response(names + ' ' + response.status, { status: 201, headers });
  },
};
`;

test('tampering: the runtime calls no intrinsic that the app has replaced', async (t) => {
  const server = await serve(t, folder({ 'tampers.js': APP, 'neighbour.js': answering('fine') }));
  const { status, text, headers } = await server.get('tampers', '/p');
  assert.deepEqual([status, text, headers['x-path']], [201, ' 201', '/p']);
  assert.equal((await server.get('neighbour')).text, 'fine');
});

test('tampering: nothing of the host is within reach', async (t) => {
  const reach = `export default {
  fetch() {
    const names = ['process', 'require', 'module', 'Buffer', 'global', '__dirname', 'ivm', 'isolate', 'nano'];
    const found = names.filter((name) => name in globalThis);
    const odd = Reflect.ownKeys(globalThis).map(String).filter((name) => /nano|ivm|boot|__/i.test(name));
    let frames = '';
    Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFileName()).join();
    frames = new Error('x').stack;
    delete Error.prepareStackTrace;
    return Response.json({ found, odd, frames });
  },
};`;
  const server = await serve(t, folder({ 'reach.js': reach }));
  const { found, odd, frames } = JSON.parse((await server.get('reach')).text) as { found: string[]; odd: string[]; frames: string };
  assert.deepEqual([found, odd], [[], []]);
  assert.doesNotMatch(frames, /file:|node:|\/src\//);
});
