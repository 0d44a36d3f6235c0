/** Dispatch namespaces: a platform's own worker chooses which app answers. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

const PLATFORM = `export default {
  async fetch(request, { DISPATCH }) {
    const [, name, kind] = new URL(request.url).pathname.split('/');
    try {
      const limits = kind === 'limited' ? { cpuMs: 50, subRequests: 1 } : undefined;
      const app = DISPATCH.get(name, {}, { limits });
      if (kind === 'rpc') return Response.json(await app.hello('platform'));
      return await app.fetch(request);
    } catch (error) {
      return new Response(error.name + ': ' + error.message, { status: 404 });
    }
  },
};`;

const CUSTOMER = `import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  fetch(request) {
    if (request.url.endsWith('/limited')) { const start = Date.now(); for (let i = 0; ; i++) JSON.stringify({ i }); }
    if (request.url.endsWith('/throw')) throw new RangeError('thrown by the customer');
    return new Response('customer ' + new URL(request.url).pathname);
  }
  hello(name) { return 'hello, ' + name; }
}`;

suite('dispatch namespaces', () => {
  const owner = suiteOwner();
  let server: TestServer;
  const config = (name: string, more: object): string => JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...more });
  before(async () => {
    server = await serve(
      owner,
      folder({
        'platform/index.js': PLATFORM,
        'platform/wrangler.json': config('platform', { dispatch_namespaces: [{ binding: 'DISPATCH', namespace: 'customers' }] }),
        'customer/index.js': CUSTOMER,
        'customer/wrangler.json': config('customer', { dispatch_namespace: 'customers' }),
        'elsewhere/index.js': CUSTOMER,
        'elsewhere/wrangler.json': config('elsewhere', { dispatch_namespace: 'others' }),
        'own/index.js': CUSTOMER,
        'own/wrangler.json': config('own', {}),
      }),
      ['--data', folder()],
    );
  });

  test('get: the app of that name answers', async () => {
    assert.equal((await server.get('platform', '/customer/a')).text, 'customer /customer/a');
    assert.equal((await server.get('platform', '/customer/rpc')).text, '"hello, platform"');
  });

  for (const name of ['missing', 'elsewhere', 'own', 'platform']) {
    test(`get: "${name}" is not in the namespace`, async () => {
      assert.equal((await server.get('platform', `/${name}/a`)).text, 'Error: Worker not found.');
    });
  }

  test('get: what the app throws comes out of the call', async () => {
    assert.equal((await server.get('platform', '/customer/throw')).text, 'RangeError: thrown by the customer');
  });

  test('get: limits are the platform’s to set', async () => {
    assert.equal((await server.get('platform', '/customer/limited')).text, 'Error: Worker exceeded CPU time limit.');
    assert.equal((await server.get('platform', '/customer/a')).text, 'customer /customer/a');
  });

  test('an app of a namespace has no address of its own', async () => {
    assert.equal((await server.get('customer')).status, 404);
    assert.equal((await server.get('own')).status, 200);
  });
});
