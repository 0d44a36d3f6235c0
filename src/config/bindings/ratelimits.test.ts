import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ConfigError } from '../problem.ts';
import { project } from '../project.fixture.ts';
import { readWorkerConfig } from '../worker.ts';
import type { WorkerConfig } from '../worker-config.ts';

function read(t: TestContext, config: object): WorkerConfig {
  return readWorkerConfig(project(t, { 'wrangler.json': { name: 'app', main: 'i.js', compatibility_date: '2026-01-01', ...config }, 'i.js': '' }));
}

const simple = { limit: 5, period: 10 };
const row = { name: 'LIMIT', type: 'ratelimit', options: { namespace: '7', limit: 5, period: 10 } };

test('ratelimits: become bindings', (t) => {
  assert.deepEqual(read(t, { ratelimits: [{ name: 'LIMIT', namespace_id: '7', simple }] }).bindings, [row]);
});

test('unsafe: bindings of type "ratelimit" are rate limits, and are no longer warned about', (t) => {
  const { bindings, warnings } = read(t, { unsafe: { bindings: [{ name: 'LIMIT', type: 'ratelimit', namespace_id: '7', simple }] } });
  assert.deepEqual(bindings, [row]);
  assert.deepEqual(warnings, []);
});

test('unsafe: other bindings are missing, with a warning', (t) => {
  const { bindings, warnings } = read(t, { unsafe: { bindings: [{ name: 'OTHER', type: 'other' }] } });
  assert.deepEqual(bindings, []);
  assert.match(warnings[0]?.format() ?? '', /OTHER will be missing from env/);
});

test('ratelimits: a period other than 10 or 60 is an error', (t) => {
  const wrong = { name: 'LIMIT', namespace_id: '7', simple: { limit: 1, period: 30 } };
  for (const config of [{ ratelimits: [wrong] }, { unsafe: { bindings: [{ type: 'ratelimit', ...wrong }] } }])
    assert.throws(
      () => read(t, config),
      (error) => error instanceof ConfigError && /must be either 10 or 60/.test(error.message),
    );
});
