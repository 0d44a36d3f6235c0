/** Apps that cannot be built or started: 503 or 1101 for the client, the reason for the operator, no harm to others. */
import assert from 'node:assert/strict';
import { before, suite, test } from 'node:test';
import { answering, folder, put } from '../support/folder.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { serve, type TestServer } from '../support/server.ts';

suite('broken apps', () => {
  const owner = suiteOwner();
  let dir: string;
  let server: TestServer;
  before(async () => {
    dir = folder({
      'good.js': answering('good'),
      'syntax.js': 'export default {',
      'missing-import.js': "import x from './nowhere.js';\nexport default { fetch: () => new Response(x) };",
      'config/wrangler.jsonc': '{ "name": "config", "main": 7 }',
      'config/index.js': answering('config'),
      'circular/wrangler.jsonc': '{ "name": "circular", ',
      'empty/wrangler.jsonc': '',
      'no-handler.js': 'export default { other() {} };',
      'no-export.js': 'globalThis.x = 1;',
      'throws.js': 'throw new RangeError("at the top");\nexport default { fetch() {} };',
    });
    server = await serve(owner, dir);
  });

  test('the others are served', async () => {
    assert.equal((await server.get('good')).text, 'good');
  });

  for (const [name, reason] of [
    ['syntax', /found end of file.*syntax\.js:1:16/s],
    ['missing-import', /Could not resolve "\.\/nowhere\.js".*missing-import\.js:1/s],
    ['config', /wrangler\.jsonc:1.*main/s],
    ['circular', /wrangler\.jsonc:1/],
    ['empty', /wrangler\.jsonc/],
  ] as const) {
    test(`${name}: answers 503 without a reason; the log has it`, async () => {
      const answer = await server.get(name);
      assert.deepEqual([answer.status, answer.text], [503, 'error code: 9503\nService unavailable\n']);
      const line = await server.line({ level: 'error', path: new RegExp(`/${name}(\\.js)?$`) });
      assert.match(String(line['frame']), reason);
      const { apps } = JSON.parse((await server.admin('/apps')).text) as { apps: { name: string; state: string }[] };
      assert.equal(apps.find((app) => app.name === name)?.state, 'broken');
    });
  }

  test('no-handler: a module without a fetch handler answers 1101, with the reason in the log', async () => {
    assert.equal((await server.get('no-handler')).text, 'error code: 1101');
    await server.line({ app: 'no-handler', event: 'exception', msg: /Handler does not export a fetch\(\) function\./ });
  });

  test('no-export: a script that registers nothing answers 1101, with the reason in the log', async () => {
    assert.equal((await server.get('no-export')).text, 'error code: 1101');
    await server.line({ app: 'no-export', event: 'exception', msg: /No event handlers were registered\./ });
  });

  test('throws: an exception while the module is evaluated answers 1101, with its stack in the log', async () => {
    assert.equal((await server.get('throws')).text, 'error code: 1101');
    const line = await server.line({ app: 'throws', event: 'exception', where: 'startup' });
    assert.match(String(line['stack']), /RangeError: at the top\n {4}at throws\.js:1:7$/);
  });

  test('mended: is live without a restart; broken again: the last good version goes on', async () => {
    put(dir, { 'syntax.js': answering('mended') });
    await server.line({ msg: 'live', app: 'syntax' });
    assert.equal((await server.get('syntax')).text, 'mended');
    put(dir, { 'syntax.js': 'export default {' });
    await server.line({ msg: 'the build failed; the last good version goes on', app: 'syntax' });
    assert.equal((await server.get('syntax')).text, 'mended');
  });
});
