import assert from 'node:assert/strict';
import test from 'node:test';
import { deriveName, nameFault } from './names.ts';
import { nearest } from './nearest.ts';

test('nameFault: takes what wrangler takes and a DNS label holds', () => {
  for (const name of ['a', 'my-app', 'my_app', '_a', '0', 'x'.repeat(63)]) assert.equal(nameFault(name), undefined, name);
  assert.match(nameFault('') ?? '', /empty/);
  assert.match(nameFault('x'.repeat(64)) ?? '', /64 characters/);
  assert.match(nameFault('My') ?? '', /upper-case/);
  assert.match(nameFault('-a') ?? '', /starts with a dash/);
  assert.match(nameFault('a.b c') ?? '', /"\.", " "/);
});

test('deriveName: makes a name of a file or folder', () => {
  assert.equal(deriveName('My App.ts'), 'my-app');
  assert.equal(deriveName('hello.mjs'), 'hello');
  assert.equal(deriveName('Çafé (2)'), 'cafe-2');
  assert.equal(deriveName(`${'x'.repeat(62)}--y`), 'x'.repeat(62));
  assert.equal(deriveName('日本'), undefined);
});

test('nearest: finds the word that was meant', () => {
  assert.equal(nearest('adminPort', ['port', 'admin_port']), 'admin_port');
  assert.equal(nearest('routs', ['rules', 'routes', 'route']), 'routes');
  assert.equal(nearest('xyz', ['rules', 'routes']), undefined);
});
