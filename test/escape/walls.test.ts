/** The walls around the processes of a running server, as the kernel tells of them, and as an attacker in one of them would find them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { request } from 'node:http';
import { before, suite, test } from 'node:test';
import { answering, folder } from '../support/folder.ts';
import { until } from '../support/http.ts';
import { suiteOwner } from '../support/nano-process.ts';
import { isWalled, type Program, processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const APP = `export default {
  async fetch(request, env) {
    await env.KV.put('k', 'v');
    const { results } = await env.DB.prepare('SELECT 1 AS one').all();
    return new Response('stored ' + results[0].one);
  },
};
`;
const CONFIG = {
  name: 'storing',
  main: 'index.js',
  compatibility_date: '2026-10-01',
  kv_namespaces: [{ binding: 'KV', id: 'kv' }],
  d1_databases: [{ binding: 'DB', database_name: 'db', database_id: 'db' }],
};
const SCRIPT = `/data/d1/script?group=default&args=${encodeURIComponent('{"id":"db"}')}`;
/** Those that run tenants' code, or what tenants send, or read what they have filled. */
const WALLED: readonly Program[] = ['engine', 'store', 'sql-worker', 'data-child'];
/** What an engine may know of its surroundings. */
const ENVIRONMENT = /^(?:TZ|LANG|LC_\w+|TERM|NO_COLOR|UV_THREADPOOL_SIZE|MALLOC_ARENA_MAX|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|SSL_CERT_DIR|NODE_V8_COVERAGE)=/;
const SECRET = 'not-for-engines-0451';
const isRoot = process.getuid?.() === 0;

suite('walls', { skip: process.platform !== 'linux' }, () => {
  const owner = suiteOwner();
  let server: TestServer;
  before(async () => {
    const dir = folder({ 'storing/index.js': APP, 'storing/wrangler.jsonc': JSON.stringify(CONFIG), 'neighbour.js': answering('fine') });
    server = await serve(owner, dir, [], { cwd: dir, env: { NANO_TEST_SECRET: SECRET } });
    assert.equal((await server.get('storing')).text, 'stored 1');
    // An operation whose script does not end; it raises its walls before it is asked anything.
    const operation = request({ port: server.adminPort, host: '127.0.0.1', method: 'POST', path: SCRIPT, headers: { host: 'localhost' } });
    operation.on('error', () => {}).write('SELECT 1');
    owner.after(async () => void operation.destroy());
    await until(() => pidsOf('data-child').length > 0);
  });
  const pidsOf = (program: Program): number[] => {
    const pids = processesOf(server, program);
    return program !== 'store' ? pids.filter(isWalled) : pids;
  };

  for (const program of WALLED) {
    test(`${program}: no new privileges, a filter of system calls in every thread, no core dumps`, () => {
      const pids = pidsOf(program);
      assert.ok(pids.length > 0);
      for (const pid of pids) {
        for (const thread of readdirSync(`/proc/${pid}/task`)) {
          const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
          assert.match(status, /^NoNewPrivs:\t1$/m);
          assert.match(status, /^Seccomp:\t2$/m);
          if (isRoot) assert.match(status, /^CapBnd:\t0+$/m);
          if (isRoot) assert.match(status, /^CapEff:\t0+$/m);
        }
        assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 /m);
      }
    });

    test(`${program}: knows nothing of the environment, and nobody else of its user's looks into it`, () => {
      for (const pid of pidsOf(program)) {
        if (!isRoot) {
          assert.throws(() => readFileSync(`/proc/${pid}/environ`), { code: 'EACCES' });
          continue;
        }
        const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
        for (const variable of variables) assert.match(variable, ENVIRONMENT);
        assert.ok(!variables.join().includes(SECRET));
      }
    });

    test(`${program}: has the descriptors that it needs, and none of a file or folder elsewhere`, { skip: !isRoot }, () => {
      for (const pid of pidsOf(program)) {
        for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
          let target: string;
          try {
            target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
          } catch {
            continue;
          }
          assert.match(
            target,
            /^(?:socket:|pipe:|anon_inode:|\/dev\/null$|\/dev\/urandom$|.*\/(?:storage|sql|run|bundles|cache)\/)/,
            `${descriptor}: ${target}`,
          );
        }
      }
    });
  }

  test('engines and the store process live on, and so does everybody else', async () => {
    assert.equal((await server.get('storing')).text, 'stored 1');
    assert.equal((await server.get('neighbour')).text, 'fine');
    assert.equal(await server.metric('nano_engine_restarts_total'), 0);
  });

  test('the systemd unit names the walls that docs/security.md does', () => {
    const unit = readFileSync(new URL('../../deploy/nano.service', import.meta.url), 'utf8');
    const lines = new Set(unit.split('\n'));
    const walls = [
      'User=nano',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
      'LimitCORE=0',
      'ProtectSystem=strict',
      'Delegate=memory',
      'RestrictNamespaces=yes',
    ];
    for (const line of [...walls, 'SystemCallFilter=@system-service seccomp', 'SystemCallArchitectures=native', 'PrivateDevices=yes', 'ProtectProc=invisible'])
      assert.ok(lines.has(line), line);
    assert.match(unit, /^MemoryMax=/m);
    assert.match(unit, /^SystemCallFilter=~.*@privileged.*@mount.*@debug/m);
  });
});
