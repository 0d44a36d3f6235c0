/** Configuration files that are almost right: a ConfigError with a place, or a configuration, and nothing else. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../src/config/problem.ts';
import { readServerConfig } from '../../src/config/server.ts';
import { readWorkerConfig } from '../../src/config/worker.ts';
import type { Random } from './random.ts';

const JSONC = `{
  // an app
  "name": "app", "main": "index.js", "compatibility_date": "2026-01-01", "compatibility_flags": ["a"],
  "vars": { "A": "b", "C": { "d": [1, null] } }, "routes": ["example.com/*", { "pattern": "a.com", "custom_domain": true }],
  "kv_namespaces": [{ "binding": "KV", "id": "1" }], "limits": { "cpu_ms": 50 }, "rules": [{ "type": "Text", "globs": ["**/*.x"] }],
  "triggers": { "crons": ["*/5 * * * *"] }, "env": { "dev": { "vars": { "A": "c" } } }, "egress": { "allow": ["*.example.com", "10.0.0.0/8"] },
}`;
const TOML = `name = "app"
main = "index.js"
compatibility_date = "2026-01-01"
routes = ["example.com/*"]
[vars]
A = "b"
[[kv_namespaces]]
binding = "KV"
id = "1"
[env.dev.vars]
A = "c"
`;
const SERVER = `{ "port": 8080, "engines": "auto", "limits": { "defaults": { "cpu_ms": 50 } }, "hosts": { "a.com": "app" }, "trusted_proxies": ["10.0.0.0/8"], "egress": { "deny": ["x"] } }`;

const dir = mkdtempSync(join(tmpdir(), 'nano-test-'));
process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, 'index.js'), 'export default {}');

export function configRound(random: Random): void {
  const isToml = random.chance(0.3);
  const [file, text] = isToml ? (['wrangler.toml', TOML] as const) : (['wrangler.jsonc', JSONC] as const);
  rmSync(join(dir, isToml ? 'wrangler.jsonc' : 'wrangler.toml'), { force: true });
  writeFileSync(join(dir, file), random.mutate(text));
  expectConfigError(() => readWorkerConfig(dir, random.chance(0.3) ? { env: 'dev' } : {}));
  writeFileSync(join(dir, 'nano.jsonc'), random.mutate(SERVER));
  expectConfigError(() => readServerConfig(join(dir, 'nano.jsonc')));
}

function expectConfigError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    assert.ok(error.format({ colour: false }).length > 0);
  }
}
