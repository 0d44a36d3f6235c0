import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StackMapper } from './stack.ts';

/** Line 1, column 1 of index.js is line 3, column 3 of src/app.ts. */
const MAP = JSON.stringify({ version: 3, sources: ['src/app.ts'], names: [], mappings: 'AAEE' });
const mapper = (map?: string): StackMapper =>
  new StackMapper({ modules: [{ name: 'index.js', type: 'esm', content: '', usesMeta: false, ...(map === undefined ? {} : { map }) }] });

test("map: positions go back to the source, the platform's frames go out", () => {
  const stack =
    'Error: no\n    at handler (index.js:1:1)\n    at nano:runtime:1:5\n    at f (nano:runtime:2:3)\n    at (<isolated-vm boundary>)\n    at index.js:1:9';
  assert.equal(mapper(MAP).map(stack), 'Error: no\n    at handler (src/app.ts:3:3)\n    at src/app.ts:3:3');
});

test('map: without a source map, or with a bad one, positions stay', () => {
  for (const map of [undefined, 'nonsense', '{}', 'null', '[]', '{"version":3,"sources":5,"mappings":{}}']) {
    assert.equal(mapper(map).map('Error\n    at f (index.js:7:8)'), 'Error\n    at f (index.js:7:8)');
  }
});

test('map: nothing of the host is shown', () => {
  assert.equal(mapper().map('Error\n    at f (file:///home/x/nano/worker.ts:1:1)\n    at node:internal/x:1:1'), 'Error');
});

test('map: whatever the tenant writes is text', () => {
  const odd = ['', 'no frames', 'at', '    at ', '    at x', '    at f (index.js:999999999999:1)', '    at f (index.js:0:0)', '\u0000\n\u2028'];
  for (const stack of odd) assert.equal(typeof mapper(MAP).map(stack), 'string');
  assert.ok(mapper().map('x\n'.repeat(1000)).split('\n').length <= 50);
});

test('map: a hostile line takes no longer than it is', () => {
  const started = process.cpuUsage().user;
  for (const line of [
    `    at ${' ('.repeat(50_000)}`,
    `    at ${'a:1'.repeat(50_000)}`,
    `    at a:${'1:'.repeat(50_000)}`,
    ' '.repeat(100_000),
    `   at ${'(nano:'.repeat(50_000)}`,
  ])
    mapper().map(line);
  assert.ok(process.cpuUsage().user - started < 2e6);
});

test('describe: keeps name and message', () => {
  assert.deepEqual(mapper().describe('TypeError', 'no', 'TypeError: no'), { name: 'TypeError', message: 'no', stack: 'TypeError: no' });
});

test('describe: cuts what is too long', () => {
  const long = 'x'.repeat(1_000_000);
  const { name, message, stack } = mapper().describe(long, long, `${long}\n    at a (a.js:1:1)`);
  assert.deepEqual([name.length, message.length, stack.length], [256, 65536, 65536]);
});

test('describe: what was thrown and is no error has its text for a stack', () => {
  assert.deepEqual(mapper().describe('', 'thrown text', ''), { name: '', message: 'thrown text', stack: 'thrown text' });
});

test('mapText: stacks in text have positions of the source and no frames of the platform, and all else stays', () => {
  const shown = '{\n  e: Error: no\n      at handler (index.js:1:1)\n      at nano:runtime:1:5 {\n    cause: 1\n  }\n}';
  assert.equal(mapper(MAP).mapText(shown), '{\n  e: Error: no\n      at handler (src/app.ts:3:3) {\n    cause: 1\n  }\n}');
  assert.equal(mapper(MAP).mapText('Error: a\n    at nano:runtime:1:5 {\n  b: 1\n}'), 'Error: a {\n  b: 1\n}');
  const quoted = 'of a server:\n    at f (file:///srv/x.js:1:2)\n    at node:net:1:1';
  assert.equal(mapper(MAP).mapText(quoted), quoted);
  const long = 'x\n'.repeat(100);
  assert.equal(mapper(MAP).mapText(long), long);
  assert.equal(mapper(MAP).mapText(`${long}\n    at index.js:1:1`), `${long}\n    at src/app.ts:3:3`);
});

test('map: of files that are no modules nothing is kept', () => {
  const stacks = mapper(MAP);
  for (let i = 0; i < 1000; i++) stacks.map(`Error\n    at f (${i}.js:1:1)`);
  stacks.map('Error\n    at f (index.js:1:1)');
  assert.equal(stacks.size, 1);
});
