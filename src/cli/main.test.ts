import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { httpGet } from '../../test/support/http.ts';

const NANO = fileURLToPath(new URL('../../bin/nano.js', import.meta.url));

type Run = { code: number | null; signal: string | null; stdout: string; stderr: string };
type Running = {
  child: ChildProcess;
  end: Promise<Run> /** Resolves with the first log line that has this message. */;
  said(message: string): Promise<Record<string, unknown>>;
};

function start(cwd: string, ...args: string[]): Running {
  const child = spawn(process.execPath, [NANO, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const run: Run = { code: null, signal: null, stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    run.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    run.stderr += chunk;
  });
  const end = once(child, 'close').then(([code, signal]) => Object.assign(run, { code, signal }));
  const said = async (message: string): Promise<Record<string, unknown>> => {
    for (;;) {
      for (const line of run.stdout.split('\n').slice(0, -1)) {
        const record = JSON.parse(line) as Record<string, unknown>;
        if (record['msg'] === message) return record;
      }
      await Promise.race([once(child.stdout, 'data'), end.then(() => assert.fail(`ended without saying ${message}: ${run.stderr}`))]);
    }
  };
  return { child, end, said };
}

function folder(t: TestContext, files: Record<string, string>): string {
  const dir = mkdtempSync(join(tmpdir(), 'nano-cli-'));
  t.after(() => rmSync(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

const HELLO = 'export default { fetch() { return new Response("hello"); } };\n';

test('nano: help and version; what is unknown is an error with a suggestion', async () => {
  const runs = await Promise.all(
    [['--help'], ['--version'], ['serv'], ['build', '--outdri', 'x'], ['serve', '/nonexistent']].map((args) => start('.', ...args).end),
  );
  assert.deepEqual(
    runs.map((run) => run.code),
    [0, 0, 2, 2, 2],
  );
  assert.match(runs[0]?.stdout ?? '', /nano serve \[DIR\]/);
  assert.match(runs[1]?.stdout ?? '', /^\d+\.\d+\.\d+\n$/);
  assert.match(runs[2]?.stderr ?? '', /did you mean "serve"/);
  assert.match(runs[3]?.stderr ?? '', /did you mean "--outdir"/);
});

test('serve: apps are served, SIGTERM ends it with 0', async (t) => {
  const dir = folder(t, { 'apps/hello/index.js': HELLO, 'apps/single.ts': HELLO });
  const server = start(dir, 'serve', 'apps', '--port', '0', '--admin-port', '0', '--ip', '127.0.0.1');
  const { port, adminPort } = (await server.said('listening')) as { port: number; adminPort: number };
  assert.equal(await httpGet(port, '/', 'hello.localhost'), '200 hello');
  assert.equal(await httpGet(port, '/', 'single.localhost'), '200 hello');
  assert.equal(await httpGet(adminPort, '/readyz', 'localhost'), '200 ready\n');
  server.child.kill('SIGTERM');
  const { code, stderr } = await server.end;
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

test('dev: a port in use is said clearly, exit code 1', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  t.after(() => other.close());
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const dir = folder(t, { 'index.js': HELLO });
  const { code, stderr } = await start(dir, 'dev', '.', '--port', String(port)).end;
  assert.equal(code, 1);
  assert.equal(stderr, `nano: port ${port} is in use on 127.0.0.1: stop what uses it, or choose another with --port\n`);
});

test("dev: wrangler's own options are taken", async (t) => {
  const dir = folder(t, { 'index.js': HELLO, 'wrangler.json': '{ "name": "own", "main": "index.js", "compatibility_date": "2026-01-01" }' });
  const server = start(dir, 'dev', '-c', 'wrangler.json', '--local', '--test-scheduled', '--port', '0');
  const { port } = (await server.said('listening')) as { port: number };
  assert.equal(await httpGet(port, '/', 'localhost'), '200 hello');
  server.child.kill('SIGINT');
  assert.equal((await server.end).code, 0);
});

test('serve: wrong configuration names file, line and key, exit code 2', async (t) => {
  const dir = folder(t, { 'nano.jsonc': '{\n  "prot": 1\n}' });
  const { code, stderr } = await start(dir, 'serve').end;
  assert.equal(code, 2);
  assert.match(stderr, /nano\.jsonc:2.*prot/s);
});

test('dev: a save is live, a syntax error keeps the last good version', async (t) => {
  const dir = folder(t, { 'index.js': HELLO });
  const server = start(dir, 'dev', '--port', '0');
  const { port } = (await server.said('listening')) as { port: number };
  assert.equal(await httpGet(port, '/', 'anything.localhost'), '200 hello');
  writeFileSync(join(dir, 'index.js'), HELLO.replace('hello', 'hello again'));
  await server.said('reloaded');
  assert.equal(await httpGet(port, '/', 'localhost'), '200 hello again');
  writeFileSync(join(dir, 'index.js'), 'export default {');
  const line = await server.said('the build failed; the last good version goes on');
  assert.match(String(line['frame']), /index\.js:1/);
  assert.equal(await httpGet(port, '/', 'localhost'), '200 hello again');
  server.child.kill('SIGINT');
  assert.equal((await server.end).code, 0);
});

test('build: a manifest and modules; a broken app is exit code 1 with its frame', async (t) => {
  const dir = folder(t, { 'good/index.ts': HELLO, 'bad/index.ts': 'export default {' });
  const good = await start(dir, 'build', 'good').end;
  assert.deepEqual({ code: good.code, stderr: good.stderr }, { code: 0, stderr: '' });
  assert.ok(readdirSync(join(dir, 'dist')).includes('manifest.json'));
  const bad = await start(dir, 'build', 'bad').end;
  assert.equal(bad.code, 1);
  assert.match(bad.stderr, /index\.ts:1/);
});
