/** Whose request is it: by <app>.localhost, by routes, by custom hosts; and nobody's. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const routed = (name: string, ...routes: unknown[]): Record<string, string> => ({
  [`${name}/index.js`]: answering(name),
  [`${name}/wrangler.jsonc`]: JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-10-01', routes }),
});

suite('routing', () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dir = folder({
      'solo.js': answering('solo'),
      ...routed('site', 'shop.example.com/*', { pattern: 'www.example.com', custom_domain: true }),
      ...routed('api', 'shop.example.com/api/*', '*.api.example.com/*'),
      ...routed('rival', 'shop.example.com/*'),
      'nano.jsonc': JSON.stringify({ hosts: { 'vanity.example.org': 'solo' } }),
    });
    server = await serve(owner, dir);
  });
  const text = async (host: string, path = '/'): Promise<string> => (await server.get(host, path)).text;

  test('<app>.localhost: belongs to the app, whatever the port and case', async () => {
    assert.equal(await text('solo.localhost'), 'solo');
    assert.equal(await text('SOLO.localhost:1234'), 'solo');
    assert.equal(await text('site.localhost', '/api/x'), 'site');
  });

  test('routes: the more specific pattern has the request', async () => {
    assert.equal(await text('shop.example.com', '/'), 'rival');
    assert.equal(await text('shop.example.com', '/api/users?x=1'), 'api');
    assert.equal(await text('eu.api.example.com', '/'), 'api');
    assert.equal(await text('www.example.com', '/any'), 'site');
  });

  test('hosts: a name in nano.jsonc belongs to its app', async () => {
    assert.equal(await text('vanity.example.org'), 'solo');
  });

  test('two apps claim one route: the first by name has it, the log says so', async () => {
    const line = await server.line({ level: 'error', pattern: 'shop.example.com/*' });
    assert.deepEqual([line['kept'], line['app']], ['rival', 'site'].sort());
  });

  test('an unknown host is 404 and names no app', async () => {
    const answer = await server.get('nobody.example.net');
    assert.equal(answer.status, 404);
    const { apps } = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string }[] };
    const all = `${answer.text} ${JSON.stringify(answer.headers)}`;
    for (const { name } of apps) assert.ok(!all.includes(name), name);
  });
});
