import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startAdminServer } from './admin-server.ts';
import { guarded } from './guard.ts';
import { type AdminRoute, sendText } from './route.ts';

const ROUTE: AdminRoute = { method: 'POST', path: '/act', handle: ({ response }) => sendText(response, 200, 'done') };
const SOURCE = { isReady: () => true, apps: () => [], metrics: async () => '', usage: () => Promise.reject(new Error('not asked')) };

/** Statuses of a call with each of these headers. */
async function ask(token: string | undefined, headers: readonly Record<string, string>[]): Promise<number[]> {
  const server = await startAdminServer(SOURCE, '127.0.0.1', 0, [guarded(ROUTE, token)]);
  try {
    const statuses: number[] = [];
    for (const each of headers) {
      const response = await fetch(`http://127.0.0.1:${server.port}/act`, { method: 'POST', headers: each, body: 'not read' });
      await response.text();
      statuses.push(response.status);
    }
    return statuses;
  } finally {
    await server.close();
  }
}

test('guarded: with a token, whoever shows it', async () => {
  const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
  const headers = [bearer('secret'), {}, bearer('secre'), bearer('secret2'), { authorization: 'Basic secret' }];
  assert.deepEqual(await ask('secret', headers), [200, 401, 401, 401, 401]);
});

test('guarded: without one, this machine, and no proxy on it that speaks for others', async () => {
  const headers: Record<string, string>[] = [
    {},
    { 'x-forwarded-for': '127.0.0.1' },
    { forwarded: 'for=1.2.3.4' },
    { via: '1.1 proxy' },
    { 'x-real-ip': '::1' },
  ];
  assert.deepEqual(await ask(undefined, headers), [200, 403, 403, 403, 403]);
});
