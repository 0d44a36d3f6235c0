/**
 * The runtime against an app that patches every intrinsic and calls every API with hostile arguments.
 *
 * What counts as found: an object that is neither the app's nor of a public interface and that a patched function, or an
 * accessor on Object.prototype for any property name the runtime uses, got to see.
 *
 * Left out, because nothing in the language is proof against it and it shows an app nothing but its own: the species and the constructor of
 * promises, which every `then` asks; setters for indices on Array.prototype; and toJSON, asked for what some calls of
 * the host are made of, which the host checks in any case.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { appsInOnePool, type TestApps, testMessage, testRecord } from '../../../src/app/worker.fixture.ts';
import { CHUNKS } from '../../../src/protocol/chunks.ts';

const ROUNDS = 12;
const RUNTIME = join(import.meta.dirname, '../../../src/runtime');

const startApps = appsInOnePool();

function sources(): { name: string; text: string }[] {
  const names = readdirSync(RUNTIME, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.includes('test'));
  return names.map((name) => ({ name, text: readFileSync(join(RUNTIME, name), 'utf8') }));
}

/** Every name that the runtime's sources use for a property. */
function propertyNames(): string[] {
  const text = sources()
    .map((source) => source.text)
    .join('\n');
  const names = [...text.matchAll(/(?:\.|\b)([a-zA-Z_][a-zA-Z0-9_]*)(?=\??:|[,;)\]} =.(])/g)].map(([, name = '']) => name);
  // "constructor" and the like are there already; a patched "then" makes every object a promise of the app's.
  return [...new Set(names)].filter((name) => name.length < 40 && !['__proto__', 'then', 'toJSON', 'undefined'].includes(name));
}

const INTERFACES = [
  'Headers',
  'Request',
  'Response',
  ...Object.values(CHUNKS).flatMap(({ interfaces = '' }) => interfaces.split(' ').filter((name) => name !== '' && name !== 'WebAssembly')),
];

function hostileApp(): TestApps {
  const source = `const NAMES=${JSON.stringify(propertyNames())},INTERFACES=${JSON.stringify(INTERFACES)},ROUNDS=${ROUNDS};\n${readFileSync(join(import.meta.dirname, 'app.js'), 'utf8')}`;
  const app = startApps({ a: source });
  app.apps.update([testRecord('a', { compatibilityDate: '', limits: { cpuMs: 120_000, subrequests: 1e6 } })]);
  return app;
}

async function ask(app: TestApps, path: string): Promise<string> {
  const client = app.ask('a', testMessage({ head: `GET\nhttp://test${path}\nhost\ntest` }));
  await client.over;
  assert.equal(client.failure, undefined, JSON.stringify(client.failure));
  return client.text;
}

test('hostile calls: nothing of the runtime is seen by what the app has patched', async () => {
  const app = hostileApp();
  const { result, found } = JSON.parse(await ask(app, '/calls')) as { result: { value: number }; found: string[] };
  assert.ok(result.value > 5000, `${result.value} calls`);
  assert.deepEqual(found, []);
  // The isolate is as good as before.
  assert.equal(await ask(app, '/fine'), 'fine');
});

test('hostile ends: no more is seen by way of timers, logs, sockets, and what closes or aborts', async () => {
  const app = hostileApp();
  const { result, found } = JSON.parse(await ask(app, '/ends')) as { result: { value: number }; found: string[] };
  assert.ok(result.value > 500, `${result.value} calls`);
  assert.deepEqual(found, []);
  assert.equal(await ask(app, '/fine'), 'fine');
});

test('hostile neighbours in time: what one request has patched sees nothing of the next one', async () => {
  const app = hostileApp();
  assert.equal(await ask(app, '/spy'), 'spying');
  const secret = 'secret-of-another';
  for (const head of [
    `GET\nhttp://test/${secret}?${secret}\nhost\ntest\ncookie\n${secret}`,
    `POST\nhttp://test/\nhost\ntest\nauthorization\n${secret}\ncontent-length\n2`,
  ]) {
    const client = app.ask('a', testMessage({ head, cf: JSON.stringify({ secret }) }));
    await client.over;
    assert.equal(client.text, 'fine');
  }
  for (let more = 0; more < 2; more++) await ask(app, '/');
  const { found } = JSON.parse(await ask(app, '/found')) as { found: string[] };
  assert.deepEqual(found, []);
});

test('hostile reach: no way leads to a constructor of functions, or to another realm', async () => {
  const { result } = JSON.parse(await ask(hostileApp(), '/reach')) as { result: { value: number; ways: string } };
  assert.ok(result.value > 1000, `${result.value} objects`);
  assert.equal(result.ways, '');
});

test('runtime: takes no array apart by its iterator, which an app may have patched', () => {
  const found = sources().flatMap(({ name, text }) =>
    [...text.matchAll(/^.*(?:\b(?:const|let) \[|\bfor \((?:const|let) [^;)]* of ).*$/gm)].map(([line]) => `${name}: ${line.trim()}`),
  );
  assert.deepEqual(found, []);
});
