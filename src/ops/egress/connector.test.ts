import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type Socket, createServer as createTcp } from 'node:net';
import { test } from 'node:test';
import { policyConnector } from './connector.ts';
import { egressFor, listen, tableResolver } from './fixture.ts';
import { CompiledPolicy } from './policy.ts';
import type { Resolve } from './resolver.ts';
import { EgressAgents } from './agents.ts';
import { UndiciEgress } from './egress.ts';

const DENY = { private: 'deny', allow: [], privateAllow: [], deny: [] } as const;

function get(egress: UndiciEgress, url: string) {
  return egress.fetch({ method: 'GET', url, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal }, () => {});
}

const connect = (policy: CompiledPolicy, resolve: Resolve, hostname: string, port: number): Promise<Socket> =>
  new Promise((done, fail) => {
    policyConnector({ policy, resolve, timeoutMs: 5000, tls: {} })({ hostname, protocol: 'http:', port: `${port}` }, (error, socket) =>
      error === null ? done(socket) : fail(error),
    );
  });

test('literal private addresses in every form of the URL parser are refused', async (t) => {
  let hits = 0;
  const port = await listen(
    t,
    createServer((_, response) => void (hits++, response.end())),
  );
  const egress = egressFor(t, DENY);
  for (const host of [
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f000001',
    '017700000001',
    '0x7f.1',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[::1]',
    '0',
    '0.0.0.0',
    '[::]',
    '127.0.0.1.',
    '%31%32%37.0.0.1',
    '１２７.0.0.1',
    '[64:ff9b::7f00:1]',
  ]) {
    await assert.rejects(get(egress, `http://${host}:${port}/`), /refused by this app's network rules \("private"\)/, host);
  }
  assert.equal(hits, 0);
});

test('names that resolve to private addresses are refused, and the message does not tell the address', async (t) => {
  let hits = 0;
  const port = await listen(
    t,
    createServer((_, response) => void (hits++, response.end())),
  );
  const egress = egressFor(t, DENY, {
    resolve: tableResolver({ 'rebind.test': ['127.0.0.1'], 'six.test': ['::1', '::ffff:127.0.0.1'], 'meta.test': ['169.254.169.254'] }),
  });
  for (const host of ['rebind.test', 'six.test', 'meta.test']) {
    await assert.rejects(get(egress, `http://${host}:${port}/`), (error: Error) => {
      assert.equal(error.name, 'TypeError');
      assert.equal(error.message, `Access to "${host}" is refused by this app's network rules ("private").`);
      return true;
    });
  }
  assert.equal(hits, 0);
});

test('of several addresses only those that pass are connected to', async (t) => {
  const seen: string[] = [];
  const port = await listen(
    t,
    createServer((request, response) => void (seen.push(request.socket.localAddress ?? ''), response.end())),
    '0.0.0.0',
  );
  const egress = egressFor(t, { deny: ['127.0.0.1'] }, { resolve: tableResolver({ 'two.test': ['127.0.0.1', '127.0.0.2'] }) });
  const { status } = await get(egress, `http://two.test:${port}/`);
  assert.equal(status, 200);
  assert.deepEqual(seen, ['127.0.0.2']);
});

test('a name that resolves differently the second time gains nothing', async (t) => {
  let hits = 0;
  const port = await listen(
    t,
    createServer((_, response) => void (hits++, response.end())),
    '0.0.0.0',
  );
  let lookups = 0;
  const resolve = tableResolver({ 'rebind.test': () => (lookups++ === 0 ? ['127.0.0.2'] : ['127.0.0.1']) });
  const egress = egressFor(t, { deny: ['127.0.0.1'] }, { resolve });
  // One lookup per connection: the address that was judged is the one connected to.
  assert.equal((await get(egress, `http://rebind.test:${port}/`)).status, 200);
  assert.equal(lookups, 1);
  assert.equal(hits, 1);
  await assert.rejects(
    connect(new CompiledPolicy({ private: 'loopback', allow: [], privateAllow: [], deny: ['127.0.0.1'] }), resolve, 'rebind.test', port),
    /"deny"/,
  );
  assert.equal(hits, 1);
});

test('the unspecified address passes the check after connecting, where the socket says loopback', async (t) => {
  const port = await listen(t, createTcp());
  const policy = new CompiledPolicy({ private: 'all', allow: [], privateAllow: [], deny: [] });
  const socket = await connect(policy, async () => [{ address: '0.0.0.0', family: 4 }], 'zero.test', port);
  assert.equal(socket.remoteAddress, '127.0.0.1');
  socket.destroy();
});

test('forbidden endpoints are refused in loopback mode too', async (t) => {
  let hits = 0;
  const port = await listen(
    t,
    createServer((_, response) => void (hits++, response.end())),
  );
  const egress = egressFor(t, { private: 'loopback' }, { forbidden: [{ host: '127.0.0.1', port }], resolve: tableResolver({ 'admin.test': ['127.0.0.1'] }) });
  for (const host of ['127.0.0.1', 'admin.test', '0.0.0.0', '[::ffff:127.0.0.1]'])
    await assert.rejects(get(egress, `http://${host}:${port}/`), /refused/, host);
  assert.equal(hits, 0);
});

test('redirects are judged like first requests', async (t) => {
  let hits = 0;
  const inner = await listen(
    t,
    createServer((_, response) => void (hits++, response.end('secret'))),
    '127.0.0.1',
  );
  const outer = await listen(
    t,
    createServer((_, response) => void response.writeHead(302, { location: `http://127.0.0.1:${inner}/` }).end()),
    '127.0.0.2',
  );
  const egress = egressFor(t, { deny: ['127.0.0.1'] });
  await assert.rejects(get(egress, `http://127.0.0.2:${outer}/`), /"deny"/);
  assert.equal(hits, 0);
});

test('a connection that one policy allowed is not there for another', async (t) => {
  let hits = 0;
  const port = await listen(
    t,
    createServer((_, response) => void (hits++, response.end('x'))),
  );
  const agents = new EgressAgents({ resolve: tableResolver({ 'app.test': ['127.0.0.1'] }) });
  t.after(() => agents.dispose());
  const dev = new UndiciEgress(agents, { private: 'loopback', allow: [], privateAllow: [], deny: [] });
  const serve = new UndiciEgress(agents, DENY);
  assert.equal(await (await get(dev, `http://app.test:${port}/`)).body?.text(), 'x');
  await assert.rejects(get(serve, `http://app.test:${port}/`), /"private"/);
  assert.equal(hits, 1);
  assert.equal(agents.size, 2);
});

test('pools: no more than the cap are kept, and a closed one finishes its requests', async (t) => {
  const started = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const port = await listen(
    t,
    createServer(async (request, response) => {
      if (request.url === '/slow') {
        started.resolve();
        await finish.promise;
      }
      response.end('ok');
    }),
  );
  const agents = new EgressAgents({ pools: 1 });
  t.after(() => agents.dispose());
  const first = get(new UndiciEgress(agents, { private: 'loopback', allow: [], privateAllow: [], deny: ['a.test'] }), `http://127.0.0.1:${port}/slow`);
  await started.promise;
  assert.equal(
    (await get(new UndiciEgress(agents, { private: 'loopback', allow: [], privateAllow: [], deny: ['b.test'] }), `http://127.0.0.1:${port}/`)).status,
    200,
  );
  assert.equal(agents.size, 1);
  finish.resolve();
  assert.equal(await (await first).body?.text(), 'ok');
});

test('errors: unknown names, closed ports and slow connections have clear texts', async (t) => {
  const closed = createTcp();
  const port = await listen({ after: () => {} }, closed);
  await new Promise((resolve) => closed.close(resolve));
  const egress = egressFor(t, {}, { resolve: tableResolver({ 'app.test': ['127.0.0.1'] }) });
  await assert.rejects(get(egress, 'http://nowhere.test/'), { name: 'TypeError', message: 'DNS lookup of "nowhere.test" failed.' });
  await assert.rejects(get(egress, `http://app.test:${port}/`), { name: 'TypeError', message: 'Connection to "app.test" was refused.' });
  const never = egressFor(t, {}, { resolve: () => new Promise(() => {}), connectTimeoutMs: 20 });
  await assert.rejects(get(never, 'http://slow.test/'), { name: 'TypeError', message: 'Connecting to "slow.test" took too long.' });
});
