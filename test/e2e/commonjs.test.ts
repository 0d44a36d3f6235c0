/** An app that is not bundled, whose modules are of every type and require each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folder } from '../support/folder.ts';
import { serve } from '../support/server.ts';

test('no_bundle: CommonJS modules require each other, ES modules and data', async (t) => {
  const dir = folder({
    'app/wrangler.json': JSON.stringify({
      name: 'app',
      main: 'src/index.js',
      compatibility_date: '2026-01-01',
      no_bundle: true,
      rules: [
        { type: 'CommonJS', globs: ['old/*.js'] },
        { type: 'Text', globs: ['**/*.txt'] },
      ],
    }),
    'app/src/index.js': `import old from './old/main.js'; import { WorkerEntrypoint } from 'cloudflare:workers';
export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === '/late') return new Response(old.late());
    if (pathname === '/boom') return new Response(old.boom());
    if (pathname === '/dynamic') return new Response((await import('./old/' + 'dynamic.js')).default);
    return Response.json(old.all(this.env));
  }
}`,
    'app/src/old/main.js': `const cycle = require('./cycle.js'), note = require('../note.txt'), { version } = require('../lib/es.mjs');
exports.all = () => [cycle.name(), note, version, require('../lib/es.mjs') === require('../lib/es.mjs'), typeof require('cloudflare:workers').WorkerEntrypoint, __filename];
exports.name = 'main';
exports.boom = () => require('./boom.js');
exports.late = () => require('./late.js');`,
    'app/src/old/cycle.js': `const main = require('./main.js'); exports.name = () => main.name + ' by cycle';`,
    'app/src/old/late.js': `module.exports = 'late';`,
    'app/src/old/dynamic.js': `module.exports = require('./late.js') + ' dynamic';`,
    'app/src/old/boom.js': `\n\n  throw new Error('boom');`,
    'app/src/lib/es.mjs': `import { part } from './part.mjs'; export const version = 'es ' + part;`,
    'app/src/lib/part.mjs': `export const part = 'part';`,
    'app/src/note.txt': 'note',
  });
  const server = await serve(t, dir, ['--data', folder()]);
  assert.deepEqual(JSON.parse((await server.get('app')).text), ['main by cycle', 'note', 'es part', true, 'function', '/old/main.js']);
  assert.equal((await server.get('app', '/late')).text, 'late');
  assert.equal((await server.get('app', '/dynamic')).text, 'late dynamic');
  assert.equal((await server.get('app', '/boom')).status, 500);
  const { stack } = (await server.line({ event: 'exception' })) as { stack?: string };
  assert.match(String(stack), /old\/boom\.js:3:9/);
});
