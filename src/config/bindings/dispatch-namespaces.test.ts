import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ConfigError } from '../problem.ts';
import { project } from '../project.fixture.ts';
import { readWorkerConfig } from '../worker.ts';
import type { WorkerConfig } from '../worker-config.ts';

function read(t: TestContext, namespace: object): WorkerConfig {
  const config = { name: 'app', main: 'i.js', compatibility_date: '2026-01-01', dispatch_namespaces: [{ binding: 'D', ...namespace }] };
  return readWorkerConfig(project(t, { 'wrangler.json': config, 'i.js': '' }));
}

test('dispatch_namespaces: become bindings', (t) => {
  assert.deepEqual(read(t, { namespace: 'customers' }).bindings, [{ name: 'D', type: 'dispatch', options: { namespace: 'customers' } }]);
});

test('dispatch_namespaces: an outbound worker is refused, with what to do instead', (t) => {
  assert.throws(
    () => read(t, { namespace: 'customers', outbound: { service: 'gate' } }),
    (error) => error instanceof ConfigError && /Outbound workers of dispatch namespaces are not supported: remove "outbound"/.test(error.message),
  );
});
