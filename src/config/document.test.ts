import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { formatKey, readDocument } from './document.ts';
import { ConfigError } from './problem.ts';
import { project } from './project.fixture.ts';

function failure(path: string): ConfigError {
  try {
    readDocument(path);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    assert.equal(error.file, path);
    return error;
  }
  throw new assert.AssertionError({ message: 'no error' });
}

test('formatKey: writes paths as a person would', () => {
  assert.equal(formatKey(['env', 'a', 'routes', 0, 'pattern']), 'env.a.routes[0].pattern');
  assert.equal(formatKey(['vars', 'a b']), 'vars["a b"]');
});

test('readDocument: reads JSON with comments and trailing commas', (t) => {
  const dir = project(t, { 'a.jsonc': '\uFEFF// hello\n{ "name": "x", /* y */ "list": [1, 2,], }' });
  assert.deepEqual(readDocument(join(dir, 'a.jsonc')).value, { name: 'x', list: [1, 2] });
});

test('readDocument: knows where keys stand', (t) => {
  const dir = project(t, { 'a.jsonc': '{\n  "env": {\n    "a": { "routes": ["x",\n "y"] }\n  }\n}' });
  const document = readDocument(join(dir, 'a.jsonc'));
  const at = (...key: (string | number)[]): string => {
    const { line, column } = document.problem('error', key, '');
    return `${line}:${column}`;
  };
  assert.equal(at('env'), '2:3');
  assert.equal(at('env', 'a', 'routes', 1), '4:2');
  // A key that is not there is reported at the one above it.
  assert.equal(at('env', 'a', 'missing', 'deeper'), '3:5');
});

test('readDocument: names line, column and excerpt of a JSON syntax error', (t) => {
  const dir = project(t, { 'a.json': '{\n  "name": "x"\n  "main": "y"\n}' });
  const error = failure(join(dir, 'a.json'));
  assert.equal(error.line, 3);
  assert.equal(error.column, 3);
  assert.match(error.message, /a comma is missing/);
  assert.match(error.message, /3 \| {3}"main": "y"/);
});

test('readDocument: names line and column of a TOML syntax error', (t) => {
  const dir = project(t, { 'a.toml': 'name = "x"\nmain = \n' });
  const error = failure(join(dir, 'a.toml'));
  assert.equal(error.line, 2);
  assert.match(error.message, /not valid TOML/);
});

test('readDocument: an empty file is an error', (t) => {
  const dir = project(t, { 'a.json': '', 'b.jsonc': ' \n// only a comment\n/* another */', 'c.toml': '# nothing\n\n' });
  for (const name of ['a.json', 'b.jsonc', 'c.toml']) assert.match(failure(join(dir, name)).message, /The file is empty/);
});

test('readDocument: anything but an object is an error', (t) => {
  const dir = project(t, { 'a.json': '[1]', 'b.json': '"x"', 'c.json': '{} {}' });
  assert.match(failure(join(dir, 'a.json')).message, /an array where an object/);
  assert.match(failure(join(dir, 'b.json')).message, /a string where an object/);
  assert.match(failure(join(dir, 'c.json')).message, /more after the end/);
});

test('readDocument: a missing file, a folder and a circle of links are told apart', (t) => {
  const dir = project(t, { 'folder.json/x': '' });
  symlinkSync('b.json', join(dir, 'a.json'));
  symlinkSync('a.json', join(dir, 'b.json'));
  assert.match(failure(join(dir, 'none.json')).message, /no such file/);
  assert.match(failure(join(dir, 'folder.json')).message, /a folder, not a file/);
  assert.match(failure(join(dir, 'a.json')).message, /circle of symbolic links/);
});

test('readDocument: an unreadable file says so', (t) => {
  const dir = project(t, { 'a.json': '{}' });
  chmodSync(dir, 0o755);
  chmodSync(join(dir, 'a.json'), 0);
  const message = asNobody(() => failure(join(dir, 'a.json')).message);
  assert.match(message, /permission denied/);
});

/** Root may read everything, so it is somebody else meanwhile. */
function asNobody<T>(read: () => T): T {
  if (process.geteuid?.() !== 0) return read();
  process.seteuid?.(65_534);
  try {
    return read();
  } finally {
    process.seteuid?.(0);
  }
}

test('readDocument: nesting without end and __proto__ are refused', (t) => {
  const dir = project(t, {
    'deep.json': `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    'deeper.json': `{"a":${'['.repeat(200000)}`,
    'proto.json': '{\n "vars": { "__proto__": { "x": 1 } } }',
    'proto.toml': '[vars.__proto__]\nx = 1',
    'huge.json': `{"a":"${'x'.repeat(1100000)}"}`,
  });
  assert.match(failure(join(dir, 'deep.json')).message, /nested more than/);
  assert.match(failure(join(dir, 'deeper.json')).message, /nested more than|not valid JSON/);
  assert.match(failure(join(dir, 'proto.json')).message, /__proto__/);
  assert.equal(failure(join(dir, 'proto.json')).line, 2);
  assert.match(failure(join(dir, 'proto.toml')).message, /__proto__/);
  assert.match(failure(join(dir, 'huge.json')).message, /may have/);
});

test('readDocument: a pipe or a device is refused, and not waited for', { skip: process.platform === 'win32' }, (t) => {
  const dir = project(t, { 'a.json': '{}' });
  execFileSync('mkfifo', [join(dir, 'pipe.json')]);
  symlinkSync('/dev/zero', join(dir, 'zero.json'));
  for (const name of ['pipe.json', 'zero.json']) assert.match(failure(join(dir, name)).message, /no regular file/);
});
