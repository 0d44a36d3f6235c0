/** Tenants who write their own configuration, and call their apps or routes what belongs to others. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, put } from '../support/folder.ts';
import { runNano } from '../support/nano-process.ts';
import { serve } from '../support/server.ts';

const app = (dir: string, name: string, more: object = {}): Record<string, string> => ({
  [`${dir}/index.js`]: `export default { fetch: (request, env) => new Response('${dir} ' + (env.SECRET ?? '')) };`,
  [`${dir}/wrangler.jsonc`]: JSON.stringify({ name, main: 'index.js', compatibility_date: '2026-01-01', ...more }),
});
const CONFIG = {
  trust_groups: { payments: { apps: ['shop'] } },
  cordon: true,
  hosts: { 'vanity.example.com': 'shop' },
};

test('names and hosts: behind a cordon nobody gets those of others', async (t) => {
  const data = folder();
  assert.equal((await runNano(['secret', 'put', 'SECRET', '--app', 'shop', '--data', data], { input: 'of the shop' })).code, 0);
  const dir = folder({
    'nano.jsonc': JSON.stringify(CONFIG),
    ...app('shop', 'shop', { routes: ['shop.example.com/*', '*.example.com/*'] }),
    ...app('evil', 'evil', { trust_group: 'payments', routes: ['shop.example.com/login*', 'vanity.example.com/*', 'www.example.com/*', '*/*', 'evil.com/*'] }),
  });
  const server = await serve(t, dir, ['--data', data, '--config', 'nano.jsonc']);
  const text = async (host: string, path = '/'): Promise<string> => (await server.get(host, path)).text;
  const isTheShops = async (): Promise<void> => {
    assert.equal(await text('shop'), 'shop of the shop');
    for (const [host, path] of [
      ['shop.example.com', '/login'],
      ['vanity.example.com', '/'],
      ['www.example.com', '/'],
    ] as const)
      assert.equal(await text(host, path), 'shop of the shop', host);
  };
  await isTheShops();
  assert.equal(await text('evil.com'), 'evil ');

  // The first folder there is, and another way to write the name.
  const mark = server.mark;
  put(dir, { ...app('a', 'shop'), ...app('SHOP', 'shop', { routes: ['evil.com/shop*'] }), ...app('b', 'evil') });
  await server.line({ level: 'error', frame: /The app calls itself "shop": with "cordon"/ }, mark);
  await server.line({ level: 'error', frame: /The app calls itself "evil": with "cordon"/ }, mark);
  await isTheShops();
  assert.equal(await text('evil'), 'evil ');

  for (const name of ['SHOP', 'shop']) rmSync(join(dir, name), { recursive: true });
  await server.line({ msg: 'removed', app: 'shop' }, mark);
  put(dir, app('a', 'shop', { vars: { AGAIN: '1' } }));
  put(dir, app('mark', 'mark'));
  await server.line({ msg: 'live', app: 'mark' }, mark);
  assert.doesNotMatch(await text('shop'), /^a|of the shop/);
  const { apps } = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string; group: string; state: string }[] };
  assert.deepEqual(
    apps.filter(({ group, state }) => group === 'payments' && state === 'ready').map(({ name }) => name),
    [],
  );
});
