import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { resolveLimits } from './limits.ts';
import { ConfigError } from './problem.ts';
import { project } from './project.fixture.ts';
import { readServerConfig } from './server.ts';

function errors(t: TestContext, config: object | string): ConfigError {
  try {
    readServerConfig(undefined, { cwd: project(t, { 'nano.jsonc': config }) });
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'no error' });
}

test('readServerConfig: has defaults where there is no file', (t) => {
  const cwd = project(t, {});
  const config = readServerConfig(undefined, { cwd });
  assert.equal(config.configPath, undefined);
  assert.equal(config.port, 8080);
  assert.equal(config.adminPort, 8081);
  assert.equal(config.adminHost, '127.0.0.1');
  assert.equal(config.dataDir, join(cwd, '.nano'));
  assert.ok(config.engines >= 1);
  assert.equal(config.drainMs, 30_000);
  assert.equal(config.sharedMemory, false);
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.limits.defaults));
});

test('readServerConfig: reads nano.jsonc', (t) => {
  const cwd = project(t, {
    'nano.jsonc': `{
      // comment
      "port": 0, "host": "[::]", "admin_port": 9000, "engines": 3, "spare": false, "engine_memory_mb": 512,
      "data_dir": "data", "log_level": "warn", "drain_ms": 5, "shared_memory": true,
      "limits": { "defaults": { "cpu_ms": 100 }, "ceilings": { "memory_mb": 64, "response_body_bytes": "unlimited" } },
      "egress": { "allow": ["10.0.0.1:5432"], "deny": ["*.internal"], "http2": true },
      "hosts": { "Shop.Example.com": "shop" },
    }`,
  });
  const config = readServerConfig(undefined, { cwd });
  assert.deepEqual(
    [config.port, config.host, config.adminPort, config.engines, config.spare, config.engineMemoryMb, config.logLevel],
    [0, '::', 9000, 3, false, 512, 'warn'],
  );
  assert.equal(config.dataDir, join(cwd, 'data'));
  assert.equal(config.drainMs, 5);
  assert.equal(config.sharedMemory, true);
  assert.equal(config.limits.defaults.cpuMs, 100);
  assert.equal(config.limits.ceilings.memoryMb, 64);
  assert.equal(config.limits.defaults.memoryMb, 64);
  assert.deepEqual(config.hosts, { 'shop.example.com': 'shop' });
});

test('readServerConfig: the command line wins, and is checked the same', (t) => {
  const cwd = project(t, { 'nano.jsonc': '{ "port": 1000, "engines": 2 }' });
  const config = readServerConfig(undefined, { cwd, overrides: { port: '2000', engines: 'auto', dataDir: 'x', logLevel: 'debug' } });
  assert.equal(config.port, 2000);
  assert.equal(config.dataDir, join(cwd, 'x'));
  assert.throws(
    () => readServerConfig(undefined, { cwd, overrides: { port: 'http', adminPort: 70000, logLevel: 'loud' } }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map((problem) => problem.key),
        ['--port', '--admin-port', '--log-level'],
      );
      assert.match(error.message, /allowed: "debug", "info", "warn", "error", "silent"/);
      return true;
    },
  );
});

test('readServerConfig: unknown keys are errors with a suggestion', (t) => {
  const error = errors(t, '{\n  "adminPort": 1,\n  "limits": { "defaults": { "cpuMs": 1 }, "ceiling": {} },\n  "egress": { "alow": [] }\n}');
  assert.deepEqual(
    error.problems.map(({ key, line, hint }) => [key, line, hint]),
    [
      ['adminPort', 2, 'Did you mean "admin_port"?'],
      ['limits.defaults.cpuMs', 3, 'Did you mean "cpu_ms"?'],
      ['limits.ceiling', 3, 'Did you mean "ceilings"?'],
      ['egress.alow', 4, 'Did you mean "allow"?'],
    ],
  );
});

test('readServerConfig: wrong values are errors with file, line, column and key', (t) => {
  const error = errors(t, '{\n  "port": "80",\n  "engines": 0,\n  "log_level": "loud",\n  "hosts": { "a b": "x" },\n  "spare": 1, "drain_ms": 1.5\n}');
  assert.deepEqual(
    error.problems.map(({ key, line, column }) => `${key} ${line}:${column}`),
    ['port 2:3', 'engines 3:3', 'log_level 4:3', 'spare 6:3', 'drain_ms 6:15'],
  );
  assert.match(error.message, /Expected a number, but got "80"/);
});

test('readServerConfig: hosts must be host names of apps', (t) => {
  assert.match(errors(t, { hosts: { 'a b': 'x' } }).message, /"a b" is not a host name/);
  assert.match(errors(t, { hosts: { 'a.com': 'X Y' } }).message, /"X Y" is not the name of an app/);
  assert.match(errors(t, { hosts: { 'a.com': 'x', 'A.com.': 'y' } }).message, /named twice/);
});

test('readServerConfig: limits stay below ceilings, ceilings below what this version can keep', (t) => {
  assert.match(errors(t, { limits: { defaults: { cpu_ms: 2000 }, ceilings: { cpu_ms: 1000 } } }).message, /default of 2000 is above the ceiling of 1000/);
  assert.match(errors(t, { limits: { ceilings: { cpu_ms: 999_999_999 } } }).message, /more than the 300000/);
  assert.match(errors(t, { port: 5000, admin_port: 5000 }).message, /Port 5000 is that of the apps already/);
});

test('readServerConfig: a named file must exist', (t) => {
  assert.throws(() => readServerConfig('none.jsonc', { cwd: project(t, {}) }), /no such file/);
  assert.match(errors(t, '').message, /empty[\s\S]*"port": 8080/);
});

test('resolveLimits: an app moves below the ceiling, and server limits are not its own', () => {
  const { limits, lowered } = resolveLimits({ cpuMs: 50, subrequests: 5000, envVars: 1000 });
  assert.equal(limits.cpuMs, 50);
  assert.equal(limits.subrequests, 1000);
  assert.equal(limits.envVars, 128);
  assert.deepEqual(lowered, [{ name: 'subrequests', asked: 5000, given: 1000 }]);
});

test('readServerConfig: trust groups are names with lists of apps, and an app is in one', (t) => {
  const cwd = project(t, { 'nano.jsonc': JSON.stringify({ trust_groups: { shop: { apps: ['a', 'b'], engines: 2 } }, cordon: true }) });
  assert.deepEqual(readServerConfig(undefined, { cwd }).trust, { groups: { shop: { apps: ['a', 'b'], engines: 2, spare: undefined } }, cordon: true });
  assert.match(errors(t, { trust_groups: { one: { apps: ['a'] }, two: { apps: ['a'] } } }).message, /"a" is in the group "one" already/);
  assert.match(errors(t, { trust_groups: { 'My Group': {} } }).message, /"My Group" cannot be the name of a trust group/);
  assert.match(errors(t, { trust_groups: { one: { apps: ['A b'] } } }).message, /"A b" is not the name of an app/);
  assert.match(errors(t, { trust_groups: { one: { app: [] } } }).message, /Did you mean "apps"/);
});

test('readServerConfig: a key that stands twice is an error', (t) => {
  const dir = project(t, { 'nano.jsonc': '{ "port": 1,\n "port": 2 }' });
  assert.throws(() => readServerConfig(undefined, { cwd: dir }), /nano\.jsonc:2:2: The key "port" stands here twice/);
});
