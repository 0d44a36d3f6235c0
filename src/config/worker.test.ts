import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { ConfigError } from './problem.ts';
import { type Files, project } from './project.fixture.ts';
import { readWorkerConfig } from './worker.ts';
import type { WorkerConfig, WorkerOptions } from './worker-config.ts';

const BASE = { name: 'app', main: 'src/index.ts', compatibility_date: '2026-01-01' };

function read(t: TestContext, config: object, options: WorkerOptions = {}, files: Files = {}): WorkerConfig {
  return readWorkerConfig(project(t, { 'wrangler.json': { ...BASE, ...config }, 'src/index.ts': '', ...files }), options);
}

function errors(t: TestContext, config: object, options: WorkerOptions = {}, files: Files = {}): ConfigError {
  try {
    read(t, config, options, files);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'no error' });
}

test('readWorkerConfig: a bare file is an app with defaults', (t) => {
  const dir = project(t, { 'My Hello.ts': '', '.dev.vars': 'SECRET=1' });
  const config = readWorkerConfig(join(dir, 'My Hello.ts'));
  assert.equal(config.name, 'my-hello');
  assert.equal(config.main, join(dir, 'My Hello.ts'));
  assert.equal(config.baseDir, dir);
  assert.equal(config.configPath, undefined);
  assert.equal(config.isolation, 'shared');
  assert.deepEqual(config.warnings, []);
  // The folder may hold other apps, whose secrets these are not.
  assert.deepEqual(config.secrets, {});
  assert.deepEqual(readWorkerConfig(join(dir, 'My Hello.ts'), { devVars: true }).secrets, { SECRET: '1' });
});

test('readWorkerConfig: a folder without a wrangler file is named after itself', (t) => {
  const dir = project(t, { 'Shop/src/index.ts': '' });
  const config = readWorkerConfig(join(dir, 'Shop'));
  assert.equal(config.name, 'shop');
  assert.equal(config.main, join(dir, 'Shop/src/index.ts'));
  assert.equal(config.baseDir, join(dir, 'Shop/src'));
});

test('readWorkerConfig: reads the keys it acts on', (t) => {
  const config = read(t, {
    compatibility_flags: ['enable_request_signal'],
    base_dir: '.',
    routes: [
      'example.com/*',
      { pattern: 'shop.example.com', custom_domain: true },
      { pattern: 'off.example.com', custom_domain: true, enabled: false },
      { pattern: 'z.com/*', zone_name: 'z.com' },
    ],
    limits: { cpu_ms: 50, subrequests: 10 },
    nano: {
      limits: { memory_mb: 64, response_body_bytes: 'unlimited' },
      isolation: 'request',
      egress: { allow: ['*.example.com', '10.0.0.0/8'] },
      trust_group: 'team-a',
    },
    rules: [{ type: 'Text', globs: ['**/*.md'], fallthrough: true }],
    vars: { A: 'x', B: { deep: [1, null] } },
    define: { V: '1' },
    alias: { a: './b' },
    no_bundle: true,
    minify: true,
    tsconfig: 'tsconfig.build.json',
    build: { command: 'make', watch_dir: ['a', 'b'] },
    account_id: 'x',
    observability: { enabled: true },
  });
  const dir = config.projectDir;
  assert.deepEqual(config.compatibilityFlags, ['enable_request_signal']);
  assert.equal(config.baseDir, dir);
  assert.deepEqual(config.routes, [
    { pattern: 'example.com/*', customDomain: false },
    { pattern: 'shop.example.com', customDomain: true },
    { pattern: 'z.com/*', customDomain: false },
  ]);
  assert.deepEqual(config.limits, { cpuMs: 50, subrequests: 10, memoryMb: 64, responseBodyBytes: Number.POSITIVE_INFINITY });
  assert.equal(config.isolation, 'request');
  assert.deepEqual(config.egress, { allow: ['*.example.com', '10.0.0.0/8'], deny: [] });
  assert.equal(config.trustGroup, 'team-a');
  assert.deepEqual(config.vars, { A: 'x', B: { deep: [1, null] } });
  assert.equal(config.findAdditionalModules, true);
  assert.equal(config.keepNames, true);
  assert.equal(config.tsconfig, join(dir, 'tsconfig.build.json'));
  assert.deepEqual(config.build, { command: 'make', cwd: dir, watchDirs: [join(dir, 'a'), join(dir, 'b')] });
  assert.deepEqual(config.settings, { account_id: 'x', observability: { enabled: true } });
  assert.deepEqual(config.warnings, []);
});

test('readWorkerConfig: the value is frozen all the way down', (t) => {
  const config = read(t, { vars: { A: { b: [1] } }, routes: ['a.com/*'], durable_objects: { bindings: [] } });
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.vars) && Object.isFrozen(config.routes[0]) && Object.isFrozen(config.warnings));
  assert.ok(Object.isFrozen(config.vars['A']));
  assert.ok(Object.isFrozen(config.settings['durable_objects']));
});

test('readWorkerConfig: an environment inherits what wrangler lets it inherit', (t) => {
  const options = { env: 'staging' };
  const config = read(
    t,
    {
      limits: { cpu_ms: 1 },
      isolation: 'request',
      vars: { A: 'top' },
      define: { D: '1' },
      env: { staging: { vars: { A: 'env' }, define: { D: '2' }, compatibility_date: '2025-01-01' } },
    },
    options,
  );
  assert.equal(config.name, 'app-staging');
  assert.equal(config.compatibilityDate, '2025-01-01');
  assert.deepEqual(config.vars, { A: 'env' });
  assert.deepEqual(config.define, { D: '2' });
  assert.deepEqual(config.limits, { cpuMs: 1 });
  assert.equal(config.isolation, 'request');
  assert.equal(read(t, { env: { staging: { name: 'other' } } }, options).name, 'other');
  assert.deepEqual(read(t, { vars: { A: 'top' }, env: { staging: {} } }, options).vars, {});
});

test('readWorkerConfig: routes of an environment replace those of the top level', (t) => {
  const config = { routes: ['a.com/*'], env: { own: { route: 'b.com/*' }, none: { routes: [] }, same: {} } };
  assert.deepEqual(
    read(t, config, { env: 'own' }).routes.map((route) => route.pattern),
    ['b.com/*'],
  );
  assert.deepEqual(read(t, config, { env: 'none' }).routes, []);
  assert.deepEqual(
    read(t, config, { env: 'same' }).routes.map((route) => route.pattern),
    ['a.com/*'],
  );
});

test('readWorkerConfig: an unknown environment is an error where there are any, else a warning', (t) => {
  const error = errors(t, { env: { staging: {}, production: {} } }, { env: 'prod' });
  assert.match(error.message, /No environment found in configuration with name "prod"/);
  assert.match(error.message, /"staging", "production"/);
  const config = read(t, { vars: { A: '1' } }, { env: 'prod' });
  assert.equal(config.name, 'app-prod');
  assert.deepEqual(config.vars, { A: '1' });
  assert.match(config.warnings[0]?.message ?? '', /No environment found/);
});

test('readWorkerConfig: the environment comes from CLOUDFLARE_ENV where the caller passes its own', (t) => {
  const config = { env: { a: {}, b: {} } };
  assert.equal(read(t, config, { processEnv: { CLOUDFLARE_ENV: 'a' } }).name, 'app-a');
  assert.equal(read(t, config, { env: 'b', processEnv: { CLOUDFLARE_ENV: 'a' } }).name, 'app-b');
});

test('readWorkerConfig: secrets override variables, the command line overrides both', (t) => {
  const config = read(t, { vars: { A: 'a', B: 'b', C: 'c' } }, { vars: ['C:x:y', 'S:'] }, { '.dev.vars': 'B=secret\nS=secret\nT=t' });
  assert.deepEqual(config.vars, { A: 'a', C: 'x:y', S: '' });
  assert.deepEqual(config.secrets, { B: 'secret', T: 't' });
  assert.ok(config.sources.includes(join(config.projectDir, '.dev.vars')));
});

test('readWorkerConfig: once secrets are declared, only those are taken', (t) => {
  const config = read(
    t,
    { vars: { A: 'a' }, secrets: { required: ['S', 'P', 'MISSING'] } },
    { processEnv: { P: 'from process', HOME: '/x' } },
    { '.env': 'A=over\nS=1\nX=2' },
  );
  assert.deepEqual(config.secrets, { A: 'over', S: '1', P: 'from process' });
  assert.match(config.warnings[0]?.format() ?? '', /Missing required secrets: MISSING/);
});

test('readWorkerConfig: command-line options win', (t) => {
  const config = read(
    t,
    { compatibility_flags: ['no_global_navigator'] },
    { name: 'named', compatibilityDate: '2024-02-29', compatibilityFlags: ['url_standard'] },
  );
  assert.equal(config.name, 'named');
  assert.equal(config.compatibilityDate, '2024-02-29');
  assert.deepEqual(config.compatibilityFlags, ['url_standard']);
});

test('readWorkerConfig: bad command-line options are named', (t) => {
  assert.match(errors(t, {}, { vars: ['NOVALUE'] }).message, /--var[\s\S]*KEY:VALUE/);
  assert.match(errors(t, {}, { name: 'Bad Name' }).message, /--name/);
  assert.match(errors(t, {}, { compatibilityDate: 'soon' }).message, /--compatibility-date/);
});

test('readWorkerConfig: reports every wrong type with its place', (t) => {
  const error = errors(t, {
    name: 'My App',
    main: 7,
    routes: ['a.com/*.jpg', { custom_domain: true }],
    limits: { cpu_ms: -1 },
    rules: [{ type: 'Python', globs: [] }],
    vars: ['a'],
    nano: { isolaton: 'x', egress: { allow: ['http://a'] } },
  });
  assert.deepEqual(error.problems.map((problem) => problem.key).sort(), [
    'limits.cpu_ms',
    'main',
    'name',
    'nano.egress.allow[0]',
    'nano.isolaton',
    'routes[0]',
    'routes[1]',
    'rules[0].type',
    'vars',
  ]);
  for (const problem of error.problems)
    assert.ok(problem.line !== undefined && problem.column !== undefined && problem.excerpt !== undefined, String(problem.key));
  assert.match(error.message, /Did you mean "isolation"\?/);
  assert.match(error.message, /allowed: "ESModule", "CommonJS"/);
});

test('readWorkerConfig: dates must be real and not to come', (t) => {
  const options = { today: '2026-06-01' };
  for (const [date, message] of [
    ['soon', /YYYY-MM-DD/],
    ['2025-02-30', /YYYY-MM-DD/],
    ['2025–01–01', /hyphens/],
    ['2026-06-02', /in the future: "2026-06-02"\. Today's date \(UTC\) is "2026-06-01"/],
  ] as const) {
    assert.match(errors(t, { compatibility_date: date }, options).message, message, date);
  }
  assert.equal(read(t, { compatibility_date: '2026-06-01' }, options).compatibilityDate, '2026-06-01');
});

test('readWorkerConfig: the entry must be there and be JavaScript', (t) => {
  assert.match(errors(t, { main: 'src/none.ts' }).message, /The entry-point file at "src\/none\.ts" was not found/);
  assert.match(errors(t, { main: 'a.py' }, {}, { 'a.py': '' }).message, /Python Workers are not supported/);
  const dir = project(t, { 'wrangler.json': { name: 'x' } });
  assert.throws(() => readWorkerConfig(dir), /Missing entry-point to Worker script/);
  for (const [key, value, hint] of [
    ['pages_build_output_dir', 'dist', /Pages projects are not supported/],
    ['site', { bucket: 'public' }, /Workers Sites .* are not supported/],
    ['build', { upload: { main: 'x.mjs' } }, /"build.upload" is no longer read/],
  ] as const)
    assert.throws(() => readWorkerConfig(project(t, { 'wrangler.json': { name: 'x', [key]: value } })), hint);
});

test('readWorkerConfig: too many and too large variables are errors', (t) => {
  const many = Object.fromEntries(Array.from({ length: 129 }, (_, index) => [`V${index}`, '']));
  assert.match(errors(t, { vars: many }).message, /129 variables and secrets; 128 are allowed/);
  assert.match(errors(t, { vars: { BIG: 'ü'.repeat(2561) } }).message, /"BIG" has 5122 bytes; 5120 are allowed/);
  assert.equal(errors(t, { vars: { BIG: { x: 'y'.repeat(5120) } } }).key, 'vars.BIG');
  const fromFile = errors(t, {}, {}, { '.dev.vars': `BIG=${'x'.repeat(6000)}` });
  assert.match(fromFile.file ?? '', /\.dev\.vars$/);
  assert.match(errors(t, {}, { vars: { BIG: 'x'.repeat(6000) } }).message, /--var/);
  assert.equal(read(t, { vars: { BIG: 'x'.repeat(6000) } }, { limits: { envVars: 1, envVarBytes: 6000 } }).name, 'app');
});

test('readWorkerConfig: a name too long with its environment is an error', (t) => {
  assert.match(errors(t, { name: 'x'.repeat(60), env: { staging: {} } }, { env: 'staging' }).message, /68 characters/);
});

test('readWorkerConfig: flags named twice, and route beside routes, are errors', (t) => {
  assert.match(errors(t, { compatibility_flags: ['a', 'a'] }).message, /specified multiple times: a/);
  assert.match(errors(t, { route: 'a.com/*', routes: [] }).message, /Expected exactly one of/);
});
