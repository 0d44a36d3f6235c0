import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAssets, readStaticRouting } from './assets.ts';

function read(value: Parameters<typeof readAssets>[0], hasWorker = true): { assets: ReturnType<typeof readAssets>; told: string[] } {
  const told: string[] = [];
  return { assets: readAssets(value, '/project', hasWorker, (severity, message) => told.push(`${severity}: ${message.split('\n', 1)[0]}`)), told };
}

test('assets: the defaults, with the folder relative to the configuration', () => {
  assert.deepEqual(read({ directory: './public' }), {
    assets: { directory: '/project/public', binding: undefined, htmlHandling: 'auto-trailing-slash', notFoundHandling: 'none', runWorkerFirst: false },
    told: [],
  });
});

test('assets: what does not fit together is told in wrangler’s words', () => {
  assert.deepEqual(read({}).told, ['error: The `assets` property in your configuration is missing the required `directory` property.']);
  assert.deepEqual(read({ directory: 'a', binding: 'A' }, false).told, ['error: Cannot use assets with a binding in an assets-only Worker.']);
  assert.deepEqual(read({ directory: 'a', run_worker_first: true }, false).told, ['error: Cannot set run_worker_first without a Worker script.']);
  assert.deepEqual(read({ directory: 'a', run_worker_first: true }).told, ['warning: run_worker_first=true set without an assets binding']);
});

test('run_worker_first: rules for the worker, and with "!" for the assets', () => {
  assert.deepEqual(readStaticRouting(['/api/*', '!/api/docs/*', '/b']), { assets: ['/api/docs/*'], worker: ['/api/*', '/b'] });
});

test('run_worker_first: what is no rule is told in Cloudflare’s words', () => {
  assert.match(String(readStaticRouting([])), /must provide at least 1 rule/);
  assert.match(String(readStaticRouting(['!/a'])), /^Only negative `run_worker_first` rules were provided/);
  assert.match(String(readStaticRouting(Array.from({ length: 101 }, (_, i) => `/${i}`))), /101 rules provided exceeds max of 100/);
  assert.equal(
    readStaticRouting(['api', '!api', '/a', '/a', '/b/*', '/b/c', `/${'x'.repeat(100)}`]),
    [
      'Invalid routes in `run_worker_first`:',
      `'api': rules must start with '/' or '!/'`,
      `'!api': negative rules must start with '!/'`,
      `'/a': rule is a duplicate; rules must be unique`,
      `'/b/c': rule '/b/*' makes it redundant`,
      `'/${'x'.repeat(100)}': all rules must be less than 100 characters in length`,
    ].join('\n'),
  );
});
