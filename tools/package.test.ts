/** The package as it would be installed, without the registry: compiled, laid out below a node_modules, and run. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const root = dirname(import.meta.dirname);
const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  bin: Record<string, string>;
  exports: { '.': { types: string; default: string } };
  files: string[];
};

let project = '';
let installed = '';

before(async () => {
  project = mkdtempSync(join(tmpdir(), 'nano-package-'));
  installed = join(project, 'node_modules/nano');
  mkdirSync(installed, { recursive: true });
  await run(process.execPath, [join(root, 'tools/build-package.ts'), join(installed, 'dist')]);
  for (const name of [...manifest.files, 'package.json']) if (name !== 'dist') cpSync(join(root, name), join(installed, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
});

after(() => rmSync(project, { recursive: true, force: true }));

const nano = async (...args: string[]): Promise<string> => (await run(process.execPath, [join(installed, 'bin/nano.js'), ...args], { cwd: project })).stdout;

test('package: has every file it names', () => {
  for (const path of [...Object.values(manifest.bin), ...Object.values(manifest.exports['.']), ...manifest.files])
    assert.ok(existsSync(join(installed, path)), path);
});

test('package: ships compiled code and no test', () => {
  const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    files.filter((name) => /\.test\.|fixture|(?<!\.d)\.ts$|^runtime\//.test(name)),
    [],
  );
});

test('package: no compiled file imports a .ts file', () => {
  for (const name of readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.js')) continue;
    assert.doesNotMatch(readFileSync(join(installed, 'dist', name), 'utf8'), /^(?:import|export) .*'\.[^']*\.ts'|import\('\.[^']*\.ts'\)/m, name);
  }
});

test('package: the launcher shows its help', async () => {
  assert.match(await nano('--help'), /nano serve/);
});

test('package: eval runs in an isolate made from the packaged runtime', async () => {
  assert.equal(await nano('eval', 'new URL("/b", "http://a").href'), 'http://a/b\n');
});

test('package: build bundles an app', async () => {
  writeFileSync(join(project, 'app.ts'), 'export default { fetch: (request: Request) => new Response(request.url) };\n');
  await nano('build', 'app.ts', '--outdir', join(project, 'out'));
  assert.ok(existsSync(join(project, 'out/manifest.json')));
});

test('package: exports what a program needs to bring NANO with it', async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', 'console.log(Object.keys(await import("nano")).join(" "))'], { cwd: project });
  assert.equal(stdout, 'ClientErrors ConfigError LIMITS StartError openSupervisor readServerConfig\n');
});
