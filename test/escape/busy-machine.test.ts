/** A machine on which everybody waits for a CPU: who stays within the CPU limit is served all the same, and who does not is stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { type TestContext, test } from 'node:test';
import { folder } from '../support/folder.ts';
import { serve } from '../support/server.ts';

/** A millisecond or two of CPU, or a loop. */
const APP = `
const work = () => { let sum = 0; for (let i = 0; i < 2e5; i++) sum = (sum * 31 + i) | 0; return sum; };
export default { fetch(request) { if (request.url.endsWith('/loop')) for (;;); return new Response(String(work())); } };
`;
/** Each gets as much of a CPU as a turn of the app does. */
const HOGS_PER_CPU = 5;
const REQUESTS = 12;

function makeBusy(t: TestContext): void {
  const hogs = Array.from({ length: HOGS_PER_CPU * availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }));
  t.after(() => {
    for (const hog of hogs) hog.kill('SIGKILL');
  });
}

test('busy machine: a low CPU limit ends nobody who keeps it', { skip: process.platform !== 'linux' }, async (t) => {
  const dir = folder({
    'app/index.js': APP,
    'app/wrangler.jsonc': JSON.stringify({ name: 'app', main: 'index.js', compatibility_date: '2026-10-01', limits: { cpu_ms: 10 } }),
  });
  const server = await serve(t, dir, ['--log-level', 'debug']);
  const { text } = await server.get('app');
  makeBusy(t);
  const answers: string[] = [];
  for (let at = 0; at < REQUESTS; at++) answers.push((await server.get('app')).text);
  assert.deepEqual([...new Set(answers)], [text]);
  // Several at once, whose turns come one after the other.
  assert.deepEqual([...new Set((await Promise.all(Array.from({ length: 8 }, () => server.get('app')))).map((answer) => answer.text))], [text]);
  assert.deepEqual(server.process.all({ event: 'limit' }), []);
  assert.equal((await server.get('app', '/loop')).text, 'error code: 1102');
  await server.line({ event: 'limit', app: 'app', limit: 'cpu' });
});
