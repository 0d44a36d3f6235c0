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

const optionsOf = (t: TestContext, outbound: object): unknown => read(t, { namespace: 'customers', outbound }).bindings[0]?.options;

test('dispatch_namespaces: become bindings', (t) => {
  assert.deepEqual(read(t, { namespace: 'customers' }).bindings, [{ name: 'D', type: 'dispatch', options: { namespace: 'customers' } }]);
});

test('dispatch_namespaces: an outbound worker is an app, with the parameters it may be told', (t) => {
  assert.deepEqual(optionsOf(t, { service: 'gate' }), { namespace: 'customers', outbound: 'gate', parameters: [] });
  assert.deepEqual(optionsOf(t, { service: 'gate', environment: 'staging', parameters: ['customer', 'url'] }), {
    namespace: 'customers',
    outbound: 'gate-staging',
    parameters: ['customer', 'url'],
  });
});

for (const outbound of [{}, { service: '' }, { service: 'gate', parameters: 'customer' }, { service: 'gate', parameters: [1] }, 'gate']) {
  test(`dispatch_namespaces: ${JSON.stringify(outbound)} is no outbound worker`, (t) => {
    assert.throws(() => read(t, { namespace: 'customers', outbound }), ConfigError);
  });
}
