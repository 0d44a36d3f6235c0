/**
 * What is fuzzed: each target does one round with what chance gives it, and throws where something is wrong.
 *
 * Contract: a target is deterministic in its random numbers, so that a seed is a reproduction.
 */
import assert from 'node:assert/strict';
import { OpError } from '../../src/base/op-error.ts';
import { toScript } from '../../src/app/script-form.ts';
import { parseRoutePattern } from '../../src/config/route-pattern.ts';
import { TestIsolate } from '../../src/ops/egress/fixture.ts';
import { posts, requests, syncs } from '../../src/ops/table.ts';
import { normaliseHost } from '../../src/router/host.ts';
import { readResponseHead } from '../../src/http/response-head.ts';
import { configRound } from './config.ts';
import { httpRound } from './http.ts';
import type { Random } from './random.ts';
import { deserialize, Headers, limitMemory, parseMimeType, parseMultipart, processDataUrl, serialize, serializeMimeType, URL } from './runtime.ts';

export type Target = (random: Random) => void | Promise<void>;

const URLS = [
  'http://user:pw@example.com:8080/a/b/../c?q=1&r#f',
  'https://[2001:db8::1]:443/%7Efoo/%zz',
  'http://0x7f.1/..;/x',
  'file:///C:/a/../b',
  'data:text/plain;base64,AAAA',
  'http://xn--mnchen-3ya.de/ä?ö#ü',
  'blob:https://a/b',
  'mailto:x@y',
  '//host/path',
  '/rel?x#y',
  'http://1.2.3',
  'ws://a.b:80',
];

/** Ours beside Node's: the same or both nothing. */
function url(random: Random): void {
  const input = random.chance(0.8) ? random.mutate(random.pick(URLS)) : random.text(30);
  const base = random.chance(0.4) ? random.mutate(random.pick(URLS)) : undefined;
  const ours = attempt(() => new URL(input, base).href);
  const theirs = attempt(() => new globalThis.URL(input, base).href);
  // Node's IDNA tables may be of another Unicode version, and it takes an empty xn-- label; only hosts of ASCII are
  // compared. Parsers take tabs and newlines out first.
  if (/[^\0-\x7f]|xn--|%[89a-f]/i.test((input + (base ?? '')).replace(/[\t\n\r]/g, ''))) return;
  assert.deepEqual(ours, theirs, `${JSON.stringify(input)} against ${JSON.stringify(base)}`);
}

function headers(random: Random): void {
  const ours = new Headers();
  const theirs = new globalThis.Headers();
  for (let calls = 1 + random.int(6); calls > 0; calls--) {
    const method = random.pick(['append', 'set', 'delete', 'get', 'has'] as const);
    const name = random.chance(0.6) ? random.pick(['a', 'Content-Type', 'set-cookie', 'x-y', '']) : random.text(6);
    // Beyond Latin-1, Workers take as a value what Node refuses.
    const value = random.text(12).replace(/[^\0-\xff]/g, '?');
    const run = (it: Headers | globalThis.Headers): unknown => (it[method] as (...args: string[]) => unknown)(name, value);
    assert.deepEqual(
      attempt(() => run(ours)),
      attempt(() => run(theirs)),
      `${method} ${JSON.stringify([name, value])}`,
    );
  }
  assert.deepEqual([...ours], [...theirs]);
}

const FORM =
  '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="x.txt"\r\nContent-Type: text/plain\r\n\r\ntwo\r\n--b--\r\n';

function multipart(random: Random): void {
  const type = parseMimeType('multipart/form-data; boundary=b');
  assert.ok(type !== null);
  const form = parseMultipart(Buffer.from(random.mutate(FORM)), type);
  if (form !== null) for (const [name, value] of form) assert.equal(typeof name, 'string', typeof value);
}

function mimeType(random: Random): void {
  const parsed = parseMimeType(random.mutate('text/html;charset="utf-8"; a=b'));
  if (parsed === null) return;
  const again = parseMimeType(serializeMimeType(parsed));
  assert.deepEqual(again, parsed);
}

function dataUrl(random: Random): void {
  const input = attempt(() => new URL(random.mutate('data:text/plain;charset=x;base64,SGVsbG8%3D')).href);
  if (input.startsWith('data:')) processDataUrl(input);
}

/** Values survive; bytes that are no values are refused with a DOMException or nothing worse. */
function wireValues(random: Random): void {
  const value = random.value();
  const bytes = serialize(value);
  assert.deepEqual(deserialize(bytes), value);
  try {
    deserialize(random.mutateBytes(bytes));
  } catch (error) {
    assert.ok(error instanceof Error);
  }
}

const MODULE = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 5, 3, 1, 0, 1, 7, 8, 1, 4, 0x6d, 0x65, 0x6d, 0x6f, 2, 0, 10, 4, 1, 2, 0, 0x0b,
]);

function wasmModule(random: Random): void {
  const limited = limitMemory(random.chance(0.3) ? random.bytes(60) : random.mutateBytes(MODULE), 16);
  assert.ok(limited === undefined || typeof limited === 'object');
}

/** Every op with arguments of every kind: refused with an OpError, or done. */
async function ops(random: Random): Promise<void> {
  const isolate = new TestIsolate({
    fetch: () => Promise.reject(new OpError('TypeError', 'there is no network')),
    connect: () => Promise.reject(new OpError('TypeError', 'there is no network')),
    startTls: () => Promise.reject(new OpError('TypeError', 'there is no network')),
  } as unknown as ConstructorParameters<typeof TestIsolate>[0]);
  for (let calls = 1 + random.int(5); calls > 0; calls--) {
    const args = Array.from({ length: random.int(8) }, () => random.value());
    const event = random.chance(0.8) ? 1 : random.int(5);
    const table = random.pick([posts, requests, syncs] as const);
    const numbers = Object.keys(table).map(Number);
    const op = random.pick(numbers);
    const run = table[op] as ((...args: unknown[]) => unknown) | undefined;
    if (run === undefined) continue;
    try {
      const answer = table === requests ? run(isolate, event, random.chance(0.7) ? calls : random.value(), ...args) : run(isolate, event, ...args);
      // Some wait for a stream that nobody writes: what matters is how they begin.
      await Promise.race([answer, new Promise((resolve) => setImmediate(resolve))]);
      Promise.resolve(answer).catch(() => {});
    } catch (error) {
      if (!(error instanceof OpError))
        throw new Error(`op ${op} of ${table === posts ? 'posts' : table === requests ? 'requests' : 'syncs'}: ${String(error)}`, { cause: error });
    }
  }
  isolate.end.end();
  for (const object of isolate.handles.values()) (object as { cancel?: () => void }).cancel?.();
}

function routing(random: Random): void {
  const host = normaliseHost(random.mutate('Example.COM:8080'));
  assert.ok(host === undefined || host === normaliseHost(host), `${host}`);
  const pattern = parseRoutePattern(random.mutate('*.example.com/a/*'));
  assert.ok(typeof pattern === 'string' || typeof pattern === 'object');
}

function responseHead(random: Random): void {
  const flat = Array.from({ length: 2 * random.int(4) }, () => random.text(10)).join('\n');
  let head: ReturnType<typeof readResponseHead>;
  try {
    head = readResponseHead(random.pick([200, 99, 1000, 101, Number.NaN, 204, 599]), random.text(8), flat);
  } catch (error) {
    assert.ok(error instanceof Error);
    return;
  }
  for (const part of [head.statusText ?? '', ...head.headers]) assert.ok(!/[\r\n\0]/.test(part), JSON.stringify(part));
}

async function scriptForm(random: Random): Promise<void> {
  const source = random.mutate('import a, { b as c } from "./x.js"; export { c as default, a }; export const d = import.meta; /* ` */ `${a}`;');
  await toScript(source, (specifier) => specifier).catch((error: unknown) => assert.ok(error instanceof Error));
}

/** What the call comes to, or that it throws. */
function attempt<T>(run: () => T): T | 'throws' {
  try {
    return run();
  } catch {
    return 'throws';
  }
}

export const TARGETS: Readonly<Record<string, Target>> = {
  http: httpRound,
  ops,
  config: configRound,
  url,
  headers,
  multipart,
  'mime-type': mimeType,
  'data-url': dataUrl,
  'wire-values': wireValues,
  'wasm-module': wasmModule,
  routing,
  'response-head': responseHead,
  'script-form': scriptForm,
};
