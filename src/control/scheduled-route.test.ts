import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdminServer } from './admin-server.ts';
import { scheduledRoute } from './scheduled-route.ts';

test('scheduled: an app that there is, at a time that dates can say', async (t) => {
  const told: unknown[][] = [];
  const route = scheduledRoute({
    isKnown: (app) => app === 'app',
    scheduled: async (...args) => {
      told.push(args);
      return { outcome: 'ok' };
    },
  });
  const source = { isReady: () => true, apps: () => [], metrics: async () => '', usage: () => Promise.reject(new Error('not asked')) };
  const server = await startAdminServer(source, '127.0.0.1', 0, [route]);
  t.after(() => server.close());
  const ask = async (path: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${server.port}/apps/${path}`, { method: 'POST' });
    await response.text();
    return response.status;
  };
  assert.equal(await ask('app/scheduled?cron=*&time=86400000'), 200);
  assert.equal(await ask('app/scheduled?time=-8640000000000000'), 200);
  for (const time of ['soon', '1.5', '9e15', '-9e15', 'Infinity']) assert.equal(await ask(`app/scheduled?time=${time}`), 400, time);
  for (const name of ['other', '__proto__', '%2e%2e']) assert.equal(await ask(`${name}/scheduled`), 404, name);
  assert.deepEqual(told, [
    ['app', '*', 86_400_000],
    ['app', '', -8.64e15],
  ]);
});
