import assert from 'node:assert/strict';
import test from 'node:test';
import { ConfigError } from '../config/problem.ts';
import type { BindingRecord, Json } from '../protocol/bindings.ts';
import { withOrigins, type HyperdriveSettings } from './hyperdrive.ts';

const URL_TEXT = 'postgres://user:p%40ss@db.test:6000/name?sslmode=verify-full';

function options(binding: Record<string, Json>, settings: Partial<HyperdriveSettings> = {}): Readonly<Record<string, Json>> {
  const record: BindingRecord = { name: 'DB', type: 'hyperdrive', options: { id: '1', url: null, isOperators: false, ...binding } };
  return withOrigins('app', [record], { hyperdrive: {}, private: 'deny', ...settings })[0]?.options ?? {};
}

test('withOrigins: takes the connection string apart', () => {
  const { host, port, tls, seen } = options({ url: URL_TEXT });
  assert.deepEqual([host, port, tls], ['db.test', 6000, 'verify']);
  const { user, password, database, connectionString } = seen as Record<string, Json>;
  assert.deepEqual([user, password, database], ['user', 'p@ss', 'name']);
  assert.match(String(connectionString), /^postgres:\/\/user:p%40ss@[0-9a-f]{32}\.hyperdrive\.local:5432\/name\?sslmode=disable$/);
});

test('withOrigins: only what the operator names is trusted', () => {
  assert.equal(options({ url: URL_TEXT })['isTrusted'], false);
  assert.equal(options({ url: URL_TEXT, isOperators: true })['isTrusted'], true);
  assert.equal(options({ url: URL_TEXT }, { private: 'loopback' })['isTrusted'], true);
  assert.equal(options({}, { hyperdrive: { '1': URL_TEXT } })['isTrusted'], true);
});

test('withOrigins: the server wins over the app', () => {
  assert.equal(options({ url: URL_TEXT }, { hyperdrive: { '1': 'postgres://u:p@other.test/name' } })['host'], 'other.test');
});

test('withOrigins: an id called like a method of objects names nothing', () => {
  assert.throws(() => options({ id: 'toString' }), ConfigError);
});

test('withOrigins: an error tells what is wrong, and never the string', () => {
  for (const url of [
    'nonsense',
    'http://u:secret@h/d',
    'postgres://u:secret@/d',
    'postgres://u:secret@h',
    'postgres://:secret@h/d',
    'postgres://u@h/d',
    'mysql://u:secret@h/d?ssl-mode=REQUIRED',
    'postgres://u:secret%@h/d',
  ])
    assert.throws(
      () => options({ url }),
      (error) => error instanceof ConfigError && !error.message.includes('secret'),
    );
});

test('withOrigins: stand-ins differ, and stay the same', () => {
  const records: BindingRecord[] = ['A', 'B'].map((name) => ({ name, type: 'hyperdrive', options: { id: '1', url: URL_TEXT, isOperators: false } }));
  const settings: HyperdriveSettings = { hyperdrive: {}, private: 'deny' };
  const [one, two] = withOrigins('app', records, settings);
  assert.notEqual((one?.options['seen'] as { host: string }).host, (two?.options['seen'] as { host: string }).host);
  assert.deepEqual(withOrigins('app', records, settings)[0], one);
});
