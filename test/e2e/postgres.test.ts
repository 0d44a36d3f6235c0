/** A real PostgreSQL driver over TCP sockets, as it is published for Workers. */
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test, type TestContext } from 'node:test';
import { TEST_CERTIFICATE, TEST_KEY } from '../../src/ops/egress/fixture-certificate.ts';
import { type FakePostgres, fakePostgres } from '../support/fake-postgres.ts';
import { copy, folder, put } from '../support/folder.ts';
import { dev, serve } from '../support/server.ts';

const APP = fileURLToPath(new URL('../support/postgres-app', import.meta.url));
const DRIVER = fileURLToPath(new URL('../../node_modules/postgres/cf/src/index.js', import.meta.url));
const RIGHT = { sum: 3, rows: 5000, wrong: '42601: syntax error at or near "nonsense"', again: 42 };

/** The app, with Node's modules replaced: NANO need not have them. */
function project(config: object): string {
  const dir = folder();
  copy(APP, dir);
  const alias = { postgres: DRIVER, 'node:buffer': './buffer.js', 'node:events': './events.js', 'node:stream': './stream.js' };
  put(dir, { 'wrangler.jsonc': JSON.stringify({ name: 'app', main: 'worker.js', compatibility_date: '2026-01-01', alias, ...config }) });
  return dir;
}

async function server(t: TestContext, tls?: { key: string; cert: string }): Promise<FakePostgres> {
  const postgres = await fakePostgres('se:cret', tls);
  t.after(() => postgres.close());
  return postgres;
}

test('postgres: queries over a plain socket', async (t) => {
  const postgres = await server(t);
  const url = `postgres://tester:${encodeURIComponent('se:cret')}@127.0.0.1:${postgres.port}/db`;
  const nano = await dev(t, project({ vars: { DATABASE_URL: url } }));
  assert.deepEqual(JSON.parse((await nano.get('app')).text), RIGHT);
  assert.equal(postgres.log[0], 'authenticated');
  assert.equal(postgres.log.at(-1), 'terminated');
});

test('postgres: a wrong password is told as such', async (t) => {
  const postgres = await server(t);
  const nano = await dev(t, project({ vars: { DATABASE_URL: `postgres://tester:wrong@127.0.0.1:${postgres.port}/db` } }));
  assert.match((await nano.get('app')).text, /"sum":"28P01: password authentication failed/);
});

test('postgres: queries over TLS, which the driver starts', async (t) => {
  const postgres = await server(t, { key: TEST_KEY, cert: TEST_CERTIFICATE });
  const ca = folder({ 'ca.pem': TEST_CERTIFICATE });
  const url = `postgres://tester:${encodeURIComponent('se:cret')}@127.0.0.1:${postgres.port}/db`;
  const nano = await dev(t, project({ vars: { DATABASE_URL: url, SSL: 'require' } }), [], { env: { NODE_EXTRA_CA_CERTS: `${ca}/ca.pem` } });
  assert.deepEqual(JSON.parse((await nano.get('app')).text), RIGHT);
  assert.deepEqual(postgres.log.slice(0, 2), ['tls', 'authenticated']);
});

test('postgres: a certificate that nobody vouches for is refused', async (t) => {
  const postgres = await server(t, { key: TEST_KEY, cert: TEST_CERTIFICATE });
  const nano = await dev(t, project({ vars: { DATABASE_URL: `postgres://tester:x@127.0.0.1:${postgres.port}/db`, SSL: 'require' } }));
  assert.match((await nano.get('app')).text, /"sum":"TypeError: The TLS connection to \\"127\.0\.0\.1\\" failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)/);
});

/** `nano serve` with the app in it, which may reach no private address by itself. */
async function served(t: TestContext, port: number, settings: { query?: string; named: 'server' | 'app' }): Promise<unknown> {
  const url = `postgres://tester:${encodeURIComponent('se:cret')}@127.0.0.1:${port}/db${settings.query ?? ''}`;
  const local = settings.named === 'app' ? { localConnectionString: url } : {};
  const root = folder();
  copy(project({ hyperdrive: [{ binding: 'DB', id: 'main', ...local }] }), `${root}/app`);
  put(root, { 'nano.jsonc': JSON.stringify(settings.named === 'server' ? { hyperdrive: { main: url } } : {}) });
  const nano = await serve(t, root, ['--data', folder()]);
  return JSON.parse((await nano.get('app')).text);
}

test('hyperdrive: the driver connects to a database that the server names, though it is in the private network', async (t) => {
  const postgres = await server(t);
  assert.deepEqual(await served(t, postgres.port, { named: 'server' }), RIGHT);
});

test('hyperdrive: the server goes over to TLS where the connection string asks for it', async (t) => {
  const postgres = await server(t, { key: TEST_KEY, cert: TEST_CERTIFICATE });
  assert.deepEqual(await served(t, postgres.port, { named: 'server', query: '?sslmode=require' }), RIGHT);
  assert.deepEqual(postgres.log.slice(0, 2), ['tls', 'authenticated']);
});

test('hyperdrive: a database without TLS is refused where TLS is asked for', async (t) => {
  const postgres = await server(t);
  assert.match(JSON.stringify(await served(t, postgres.port, { named: 'server', query: '?sslmode=require' })), /connection attempt failed/);
  assert.ok(!postgres.log.includes('authenticated'));
});

test('hyperdrive: an app that names a database itself is held to its network rules', async (t) => {
  const postgres = await server(t);
  assert.match(JSON.stringify(await served(t, postgres.port, { named: 'app' })), /is refused by this app's network rules/);
  assert.deepEqual(postgres.log, []);
});
