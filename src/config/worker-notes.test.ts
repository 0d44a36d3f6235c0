import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { ConfigError } from './problem.ts';
import { project } from './project.fixture.ts';
import { readWorkerConfig } from './worker.ts';
import { WRANGLER_KEYS } from './wrangler-keys.ts';

function warnings(t: TestContext, config: object, env?: string): string[] {
  const dir = project(t, { 'wrangler.json': { name: 'app', main: 'i.js', compatibility_date: '2026-01-01', ...config }, 'i.js': '' });
  return readWorkerConfig(dir, { env }).warnings.map((warning) => warning.format({ cwd: dir }));
}

test('WRANGLER_KEYS: has every key of wrangler, and the two that it removed', () => {
  const scopes = Map.groupBy(WRANGLER_KEYS.values(), (key) => (key.treatment === 'removed' ? 'removed' : key.scope));
  assert.deepEqual(Object.fromEntries([...scopes].map(([scope, keys]) => [scope, keys.length])), { inheritable: 36, environment: 41, top: 18, removed: 2 });
});

test('warnings: one for each key without effect, naming file, line, key and what happens', (t) => {
  const found = warnings(t, {
    mtls_certificates: [
      { binding: 'ONE', certificate_id: '1' },
      { binding: 'TWO', certificate_id: '2' },
    ],
    ai: { binding: 'AI' },
    durable_objects: { bindings: [{ name: 'DO', class_name: 'X' }] },
    placement: { mode: 'smart' },
  });
  assert.equal(found.length, 4);
  assert.ok(found.some((text) => /wrangler\.json:\d+:\d+: "mtls_certificates" is not supported yet: ONE, TWO will be missing from env\./.test(text)));
  assert.ok(found.some((text) => text.includes('"ai" is not supported by NANO: AI will be missing from env.')));
  assert.ok(found.some((text) => text.includes('"durable_objects" is not supported yet: DO will be missing from env.')));
});

test('warnings: none for what only concerns Cloudflare, and none for empty values', (t) => {
  assert.deepEqual(
    warnings(t, {
      $schema: 'x',
      account_id: 'x',
      workers_dev: true,
      dev: { port: 1 },
      send_metrics: false,
      keep_vars: true,
      upload_source_maps: true,
      kv_namespaces: [],
      preview_urls: false,
      triggers: { crons: [] },
      logpush: false,
      migrations: [],
    }),
    [],
  );
});

test('warnings: unexpected fields, with the likely spelling', (t) => {
  const found = warnings(t, { routs: [], limits: { cpu: 1 }, env: { staging: { alias: {} } } }, 'staging');
  assert.ok(found.some((text) => text.includes('Unexpected fields found in top-level field: "routs"') && text.includes('Did you mean "routes"?')));
  assert.ok(found.some((text) => text.includes('Unexpected fields found in limits field: "cpu"') && text.includes('cpu_ms')));
  assert.ok(found.some((text) => text.includes('Unexpected fields found in env.staging field: "alias"')));
});

test('warnings: what an environment does not inherit', (t) => {
  const found = warnings(
    t,
    {
      vars: { A: '1', B: '1' },
      kv_namespaces: [{ binding: 'KV' }],
      routes: [{ pattern: 'a.com', custom_domain: true }],
      env: { staging: { vars: { A: '2' } } },
    },
    'staging',
  );
  assert.equal(found.length, 3);
  assert.ok(found.some((text) => text.includes('"kv_namespaces" exists at the top level, but not on "env.staging".')));
  assert.ok(found.some((text) => text.includes('The following vars exist at the top level, but not on "env.staging.vars": "B".')));
  assert.ok(found.some((text) => text.includes('custom domain(s): a.com')));
});

test('warnings: a missing compatibility date', (t) => {
  assert.match(warnings(t, { compatibility_date: undefined })[0] ?? '', /No compatibility_date was specified/);
});

test('errors: keys that wrangler removed', (t) => {
  assert.throws(
    () => warnings(t, { node_compat: true, legacy_env: true }),
    (error) => error instanceof ConfigError && error.problems.length === 2 && /nodejs_compat/.test(error.message),
  );
});

test('warnings: no key of bindings is inherited, and each says so', (t) => {
  const bindings = {
    vars: { A: '1' },
    kv_namespaces: [{ binding: 'KV' }],
    d1_databases: [{ binding: 'DB' }],
    r2_buckets: [{ binding: 'R2' }],
    ratelimits: [{ name: 'RATE', namespace_id: '1', simple: { limit: 1, period: 10 } }],
    hyperdrive: [{ binding: 'PG', id: '1' }],
    analytics_engine_datasets: [{ binding: 'AE' }],
    queues: { producers: [{ binding: 'Q', queue: 'q' }], consumers: [{ queue: 'q' }] },
    services: [{ binding: 'S', service: 's' }],
    dispatch_namespaces: [{ binding: 'D', namespace: 'd' }],
    worker_loaders: [{ binding: 'L' }],
    secrets_store_secrets: [{ binding: 'K', store_id: 's', secret_name: 'k' }],
    tail_consumers: [{ service: 't' }],
    version_metadata: { binding: 'V' },
  };
  const dir = project(t, {
    'wrangler.json': { name: 'app', main: 'i.js', compatibility_date: '2026-01-01', ...bindings, env: { staging: {} } },
    'i.js': '',
  });
  const config = readWorkerConfig(dir, { env: 'staging' });
  assert.deepEqual([config.bindings, config.vars, config.consumers, config.tailConsumers, config.versionMetadata], [[], {}, [], [], undefined]);
  const found = config.warnings.map((warning) => warning.format({ cwd: dir }));
  for (const key of Object.keys(bindings))
    assert.ok(
      found.some((text) => text.includes(`"${key}" exists at the top level, but not on "env.staging".`)),
      key,
    );
});

test('warnings: a key that stands twice, with the place of both', (t) => {
  const dir = project(t, {
    'wrangler.jsonc':
      '{\n  "name": "app", "main": "i.js",\n  "vars": { "A": "1" },\n  "compatibility_date": "2026-01-01",\n  "vars": { "B": "2", "B": "3" }\n}',
    'i.js': '',
  });
  const config = readWorkerConfig(dir);
  assert.deepEqual(config.vars, { B: '3' });
  const found = config.warnings.map((warning) => warning.format({ cwd: dir }));
  assert.equal(found.length, 2);
  assert.match(found[0] ?? '', /wrangler\.jsonc:5:3: (?:"vars": )?The key "vars" stands here twice: line 3 has no effect\./);
  assert.match(found[1] ?? '', /wrangler\.jsonc:5:23: "vars.B": The key "B" stands here twice: line 5 has no effect\./);
});
