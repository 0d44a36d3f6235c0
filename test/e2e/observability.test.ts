/** What an operator sees: one line per request and console call, request ids, health, metrics, no secrets. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `export default {
  async fetch(request, env) {
    console.warn('the token is', env.TOKEN, { path: new URL(request.url).pathname });
    return new Response('x'.repeat(10), { status: 201 });
  },
};
`;

suite('observability', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    server = await serve(owner, folder({ 'app/index.js': APP, 'app/.dev.vars': 'TOKEN=s3cr3t-value\n' }));
  });

  test('a request is one line, with the id that the client gave', async () => {
    const answer = await server.get('app', '/path?query=1', { headers: { 'x-request-id': 'client-id.1' } });
    assert.equal(answer.headers['x-request-id'], 'client-id.1');
    const line = await server.line({ event: 'request', requestId: 'client-id.1' });
    assert.deepEqual(
      ['app', 'method', 'host', 'path', 'status', 'bytesOut', 'outcome', 'level'].map((key) => line[key]),
      ['app', 'GET', 'app.localhost', '/path', 201, 10, 'ok', 'info'],
    );
    assert.ok(Number(line['durationMs']) > 0 && !Number.isNaN(Date.parse(String(line['time']))));
  });

  test('an id that is none is replaced', async () => {
    const id = String((await server.get('app', '/', { headers: { 'x-request-id': 'not an id' } })).headers['x-request-id']);
    assert.match(id, /^[\w-]+$/);
    await server.line({ event: 'request', requestId: id });
  });

  test('a console call is a line of its level, and secrets are masked', async () => {
    const { headers } = await server.get('app', '/c');
    const line = await server.line({ event: 'console', requestId: headers['x-request-id'] });
    assert.equal(line['level'], 'warn');
    assert.doesNotMatch(server.process.stdout, /s3cr3t/);
  });

  test('health, readiness, apps and metrics are on the admin port alone', async () => {
    assert.equal((await server.admin('/healthz')).text, 'ok\n');
    assert.equal((await server.admin('/readyz')).text, 'ready\n');
    assert.equal((await server.get('nobody', '/metrics')).status, 404);
    const before = await server.metric('nano_requests_total', { app: 'app', status: '2xx' });
    await server.get('app');
    assert.equal(await server.metric('nano_requests_total', { app: 'app', status: '2xx' }), before + 1);
    assert.equal(await server.metric('nano_request_duration_seconds_count', { app: 'app' }), before + 1);
    assert.equal(await server.metric('nano_cold_starts_total', { app: 'app' }), 1);
  });
});
