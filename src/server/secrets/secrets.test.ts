import assert from 'node:assert/strict';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { folder } from '../../../test/support/folder.ts';
import { KeyRing, SecretsError } from './key-ring.ts';
import { SecretStore } from './secret-store.ts';

const KEY = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const put = (store: SecretStore, app: string, secrets: Record<string, string | null>): Promise<string[]> => store.change(app, new Map(Object.entries(secrets)));

test('change: what was put is read, deleted is gone, other apps see nothing of it', async () => {
  const store = new SecretStore({ dataDir: folder() });
  await put(store, 'one', { A: 'first', B: 'ü\n' });
  await put(store, 'two', { A: 'second' });
  assert.deepEqual(store.read('one'), { A: 'first', B: 'ü\n' });
  assert.deepEqual(await put(store, 'one', { A: null, C: null }), ['A']);
  assert.deepEqual(store.names('one'), ['B']);
  assert.deepEqual(store.read('two'), { A: 'second' });
  assert.deepEqual(store.read('three'), {});
});

test('change: no value is on disk as it stands, and only the owner may read', async () => {
  const dataDir = folder();
  await put(new SecretStore({ dataDir }), 'app', { TOKEN: 'very-secret-value' });
  const files = ['secrets.key', ...readdirSync(join(dataDir, 'secrets')).map((name) => `secrets/${name}`)].map((name) => join(dataDir, name));
  assert.equal(files.length, 2);
  for (const file of files) {
    assert.doesNotMatch(readFileSync(file, 'utf8'), /very-secret/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
  }
  assert.equal(statSync(join(dataDir, 'secrets')).mode & 0o777, 0o700);
});

test('change: at the same time, none is lost', async () => {
  const store = new SecretStore({ dataDir: folder() });
  await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, 'app', { [`S${i}`]: `${i}` })));
  assert.equal(store.names('app').length, 20);
});

test('change: takes over the lock of a process that is gone', async () => {
  const store = new SecretStore({ dataDir: folder({ 'secrets/lock': '999999999' }) });
  await put(store, 'app', { A: 'a' });
  assert.deepEqual(store.names('app'), ['A']);
});

test('change: takes over the lock of a process that was killed before it had written who it is', async () => {
  const dataDir = folder({ 'secrets/lock': '' });
  await new SecretStore({ dataDir }).change('app', new Map([['A', 'a']]));
  assert.deepEqual(new SecretStore({ dataDir }).read('app'), { A: 'a' });
  assert.deepEqual(readdirSync(join(dataDir, 'secrets')), ['app.json']);
});

test('read: a record moved to another name or app, or changed, is refused', async () => {
  const dataDir = folder();
  const store = new SecretStore({ dataDir });
  await put(store, 'app', { A: 'a', B: 'b' });
  const file = join(dataDir, 'secrets/app.json');
  const good = readFileSync(file, 'utf8');
  const parsed = (): { app: string; secrets: Record<string, { key: string; value: string }> } => JSON.parse(good);
  const swapped = parsed();
  [swapped.secrets['A'], swapped.secrets['B']] = [swapped.secrets['B'] as never, swapped.secrets['A'] as never];
  const changed = parsed();
  const bytes = Buffer.from(changed.secrets['A']?.value ?? '', 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  changed.secrets['A'] = { key: changed.secrets['A']?.key ?? '', value: bytes.toString('base64') };
  const short = parsed();
  short.secrets['A'] = { key: short.secrets['A']?.key ?? '', value: 'AAAA' };
  for (const content of [swapped, changed, short]) {
    writeFileSync(file, JSON.stringify(content));
    assert.throws(
      () => store.read('app'),
      (error) => error instanceof SecretsError && /has been changed/.test(error.message),
    );
  }
  writeFileSync(join(dataDir, 'secrets/other.json'), good);
  assert.throws(() => store.read('other'), SecretsError);
  writeFileSync(file, 'no JSON');
  assert.throws(() => store.read('app'), /is damaged/);
});

test('read: without the key, or with another', async () => {
  const dataDir = folder();
  await put(new SecretStore({ dataDir, fromEnv: KEY }), 'app', { A: 'a' });
  assert.ok(!existsSync(join(dataDir, 'secrets.key')));
  assert.throws(() => new SecretStore({ dataDir }).read('app'), /is not there/);
  assert.throws(() => new SecretStore({ dataDir, fromEnv: OTHER }).read('app'), /is not there/);
  assert.deepEqual(new SecretStore({ dataDir, fromEnv: `${OTHER},${KEY}` }).read('app'), { A: 'a' });
});

test('keys: what is none is refused, without being shown', () => {
  for (const text of ['', 'short', `${KEY}x`, `${KEY},zz`])
    assert.throws(
      () => new KeyRing(text, 'NANO_SECRETS_KEY'),
      (error) => error instanceof SecretsError && !error.message.includes(KEY),
    );
});

test('keys: a file that others may read is refused', async () => {
  const dataDir = folder();
  const store = new SecretStore({ dataDir });
  await put(store, 'app', { A: 'a' });
  chmodSync(join(dataDir, 'secrets.key'), 0o644);
  assert.throws(() => store.read('app'), /others may read/);
});

test('keys: the same value never looks the same', () => {
  const ring = new KeyRing(KEY, 'test');
  assert.notEqual(ring.seal('value', ['app', 'A']).value, ring.seal('value', ['app', 'A']).value);
});

test('rotate: everything is encrypted anew, and the old key is gone', async () => {
  const dataDir = folder();
  const store = new SecretStore({ dataDir });
  await put(store, 'one', { A: 'a' });
  await put(store, 'two', { B: 'b', C: 'c' });
  const before = readFileSync(join(dataDir, 'secrets.key'), 'utf8');
  assert.equal(await store.rotate(), 3);
  const after = readFileSync(join(dataDir, 'secrets.key'), 'utf8');
  assert.notEqual(after, before);
  assert.equal(after.trim().split('\n').length, 1);
  assert.deepEqual([store.read('one'), store.read('two')], [{ A: 'a' }, { B: 'b', C: 'c' }]);
});

test('rotate: broken off, everything can still be read', async () => {
  const dataDir = folder();
  const store = new SecretStore({ dataDir });
  await put(store, 'app', { A: 'a' });
  await put(store, 'zoo', { B: 'b' });
  const good = readFileSync(join(dataDir, 'secrets/zoo.json'), 'utf8');
  writeFileSync(join(dataDir, 'secrets/zoo.json'), 'damaged');
  await assert.rejects(store.rotate(), /is damaged/);
  writeFileSync(join(dataDir, 'secrets/zoo.json'), good);
  assert.deepEqual([store.read('app'), store.read('zoo')], [{ A: 'a' }, { B: 'b' }]);
  assert.equal(await store.rotate(), 2);
});

test('rotate: keys of the environment, to the first', async () => {
  const dataDir = folder();
  await put(new SecretStore({ dataDir, fromEnv: KEY }), 'app', { A: 'a' });
  await new SecretStore({ dataDir, fromEnv: `${OTHER},${KEY}` }).rotate();
  assert.deepEqual(new SecretStore({ dataDir, fromEnv: OTHER }).read('app'), { A: 'a' });
});
