/** Commands that talk to a server that lies to them, and data of tenants on the operator's terminal. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { remoteData } from '../../src/cli/data/remote.ts';
import { folder } from '../support/folder.ts';
import { type RunResult, runNano } from '../support/nano-process.ts';

/** Sets a terminal's title, in two ways; clears it; turns what follows around. */
const EVIL = '\u001b]0;owned\u0007\u009b2J\u202e';
const ROW = { name: EVIL, key: EVIL, [EVIL]: EVIL, count: 1, bytes: 1, size: 1, etag: EVIL, created: 0, uploaded: 0, group: 'g', file: EVIL };
const D1_ROWS = { meta: { changes: 0 }, results: { columns: [EVIL, 'b'], rows: [[EVIL, EVIL]] } };

const json = (response: ServerResponse, value: unknown, status = 200): void =>
  void response.writeHead(status, { 'x-nano-admin': '1', 'content-type': 'application/json' }).end(typeof value === 'string' ? value : JSON.stringify(value));

const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  garbage: (response) => json(response, `${EVIL}<html>`),
  stranger: (response) => void response.end('{"value":[]}'),
  error: (response) => json(response, { error: EVIL }, 422),
  null: (response) => json(response, { value: null }),
  odd: (response) => json(response, { value: [{ created: 1e99, keys: 7, objects: {} }] }),
  broken: (response) => {
    response.writeHead(200, { 'x-nano-admin': '1', 'content-type': 'application/octet-stream', 'content-length': 100 });
    response.write('half', () => response.destroy());
  },
  rows: (response) => json(response, { value: [ROW] }),
  page: (response) => json(response, { value: { objects: [ROW], keys: [{ name: EVIL, expiration: null, metadata: null }] } }),
  d1: (response) => json(response, { value: [D1_ROWS] }),
};

suite('answers that lie', () => {
  const cwd = folder();
  const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
  let [server, other]: Server[] = [];
  const portOf = (one: Server | undefined): number => (one?.address() as AddressInfo).port;
  const listen = async (one: Server): Promise<Server> => {
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve));
    return one;
  };
  before(async () => {
    other = await listen(
      createServer((request, response) => {
        seen.push({ url: request.url ?? '', headers: request.headers });
        response.end();
      }),
    );
    server = await listen(
      createServer((request, response) => {
        request.resume();
        const kind = request.url?.split('/')[1] ?? '';
        const elsewhere = `http://127.0.0.1:${portOf(other)}/`;
        if (kind === 'moved') response.writeHead(307, { 'x-nano-admin': '1', location: elsewhere }).end();
        else if (kind === 'apps') json(response, `${EVIL}{"apps"`);
        else ANSWERS[kind]?.(response);
      }),
    );
  });
  after(() => {
    for (const one of [server, other]) {
      one?.close();
      one?.closeAllConnections();
    }
  });

  const nano = (kind: string, ...args: string[]): Promise<RunResult> =>
    runNano([...args, '--to', `http://127.0.0.1:${portOf(server)}/${kind}`, '--token', 'the-token'], { cwd });
  const KV = ['--namespace-id', 'n'];
  const check = ({ code, stdout, stderr }: RunResult, expected: number, what: string): void => {
    const text = stdout + stderr;
    assert.equal(code, expected, `${what}: ${text}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/, what);
    assert.doesNotMatch(text, /^\s+at |node:internal|TypeError|RangeError/m, what);
    if (expected !== 0) assert.match(stderr, /^nano: .+\n$/, what);
  };

  test('an answer that is none ends the command with a message', async () => {
    const commands: string[][] = [
      ['r2', 'bucket', 'list'],
      ['kv', 'key', 'list', ...KV],
      ['d1', 'execute', 'db', '--command', 'SELECT 1'],
    ];
    const kinds = ['garbage', 'stranger', 'error', 'null', 'odd', 'broken', 'moved'];
    for (const kind of kinds)
      for (const [at, result] of (await Promise.all(commands.map((args) => nano(kind, ...args)))).entries())
        check(result, 1, `${kind}: ${commands[at]?.join(' ')}`);
    for (const args of [
      ['d1', 'list'],
      ['kv', 'namespace', 'list'],
      ['kv', 'key', 'list', '--app', 'shop', '--binding', 'KV'],
    ])
      check(await nano('null', ...args), 1, args.join(' '));
    check(await nano('broken', 'kv', 'key', 'get', 'k', ...KV), 1, 'broken: kv key get');
    check(await runNano(['trigger', 'scheduled', '--admin', `127.0.0.1:${portOf(server)}`], { cwd }), 1, 'trigger');
    check(await runNano(['trigger', 'scheduled', 'a', '--admin', `127.0.0.1:${portOf(server)}`], { cwd }), 1, 'trigger');
  });

  test('the token goes nowhere else', () => assert.deepEqual(seen, []));

  test('names and rows of tenants do not steer a terminal', async () => {
    const commands: [string, ...string[]][] = [
      ['rows', 'r2', 'bucket', 'list'],
      ['rows', 'r2', 'bucket', 'list', '--json'],
      ['page', 'r2', 'object', 'list', 'b'],
      ['page', 'kv', 'key', 'list', ...KV],
      ['rows', 'queues', 'list'],
      ['rows', 'd1', 'list'],
      ['d1', 'd1', 'execute', 'db', '--command', 'SELECT 1'],
      ['d1', 'd1', 'execute', 'db', '--command', 'SELECT 1', '--json'],
    ];
    const results = await Promise.all(commands.map(([kind, ...args]) => nano(kind, ...args)));
    for (const [at, result] of results.entries()) {
      check(result, 0, `${commands[at]?.join(' ')}`);
      assert.match(result.stdout, /owned/);
    }
    assert.equal((JSON.parse(results[1]?.stdout ?? '') as { name: string }[])[0]?.name, EVIL);
  });

  test('a server that never answers is given up', async () => {
    const silent = await listen(createServer(() => {}));
    const data = remoteData({ to: new URL(`http://127.0.0.1:${portOf(silent)}`), group: 'default', token: undefined, quietMs: 20 });
    await assert.rejects(data.call('r2/buckets', {}), { name: 'CommandError', message: /nothing has come for 0\.02 seconds$/ });
    silent.closeAllConnections();
    silent.close();
  });
});
