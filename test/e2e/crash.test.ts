/** Engines die: nobody is refused, and an app that kills them is put aside. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, folder, put } from '../support/folder.ts';
import { Load } from '../support/load.ts';
import { processesOf } from '../support/processes.ts';
import { serve, type TestServer } from '../support/server.ts';

const SLOW = `export default {
  async fetch(request) {
    console.log('in flight');
    await scheduler.wait(60_000);
    return new Response('late');
  },
};
`;

const listening = async (server: TestServer, from = 0): Promise<number> => Number((await server.line({ msg: 'engine listens' }, from))['pid']);

test('crash: kill -9 of an engine under load refuses no connection', async (t) => {
  const server = await serve(t, folder({ 'app.js': answering('fine') }), ['--log-level', 'debug']);
  const pid = await listening(server);
  const clients = 4;
  const load = new Load(t, server.port, 'app.localhost', { keepAlive: false, clients });
  await load.next('200 fine');
  const mark = server.mark;
  process.kill(pid, 'SIGKILL');
  const died = await server.line({ msg: 'engine died' }, mark);
  assert.deepEqual([died['pid'], died['signal']], [pid, 'SIGKILL']);
  assert.notEqual(await listening(server, mark), pid);
  await load.next('200 fine');
  const { errors, answers, longestMs } = await load.stop();
  assert.deepEqual([...answers.keys()], ['200 fine']);
  assert.ok(!errors.includes('ECONNREFUSED'), errors.join());
  // Those in flight in the dead engine fail, one for each client at most.
  assert.ok(errors.length <= clients, errors.join());
  assert.ok(longestMs < 5000, `${longestMs} ms`);
  assert.equal(await server.metric('nano_engine_restarts_total'), 1);
});

test('quarantine: an app in flight at two deaths is put aside, a new version brings it back', async (t) => {
  const dir = folder({ 'good.js': answering('good'), 'slow.js': SLOW });
  const server = await serve(t, dir, ['--log-level', 'debug']);
  let mark = 0;
  for (let round = 0; round < 2; round++) {
    const pid = await listening(server, mark);
    mark = server.mark;
    const request = server.get('slow').then(
      () => 'answered',
      () => 'broken off',
    );
    await server.line({ event: 'console', app: 'slow', msg: 'in flight' }, mark);
    process.kill(pid, 'SIGKILL');
    assert.equal(await request, 'broken off');
    const died = await server.line({ msg: 'engine died' }, mark);
    assert.deepEqual(died['inFlight'], ['slow']);
  }
  await server.line({ level: 'error', app: 'slow', msg: /^quarantined/ });
  await listening(server, mark);
  const refused = await server.get('slow');
  assert.deepEqual([refused.status, refused.text], [503, 'error code: 9504\nService unavailable\n']);
  assert.equal((await server.get('good')).text, 'good');
  assert.equal(await server.metric('nano_quarantines_total', { app: 'slow' }), 1);
  put(dir, { 'slow.js': answering('mended') });
  await server.line({ msg: 'new version live', app: 'slow' });
  assert.equal((await server.get('slow')).text, 'mended');
});

test('kill -9 of the supervisor alone: the next one has the port as soon as the engines have let go of it', {
  skip: process.platform !== 'linux',
}, async (t) => {
  const [dir, data] = [folder({ 'app.js': answering('fine') }), folder()];
  const first = await serve(t, dir, ['--data', data, '--log-level', 'debug']);
  const pids = processesOf(first, 'engine');
  // An engine that cannot end at the moment.
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  t.after(() => pids.forEach(resume));
  const supervisor = first.process.child;
  const gone = new Promise((resolve) => supervisor.once('exit', resolve));
  supervisor.kill('SIGKILL');
  await gone;
  const second = serve(t, dir, ['--data', data, '--port', String(first.port)]);
  // It has seen what the other one left, and wants the port.
  while (readdirSync(join(data, 'run')).some((name) => name.startsWith(`${supervisor.pid}-`))) await new Promise(setImmediate);
  pids.forEach(resume);
  assert.equal((await (await second).get('app')).text, 'fine');
});

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // It has ended.
  }
}
