import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { test, type TestContext } from 'node:test';
import type { OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import { egressFor, listen } from './fixture.ts';

type Seen = { method: string; url: string; headers: IncomingMessage['headers']; body: string };
type Setup = { base: string; other: string; seen: Seen[]; hops(): number; go(path: string, more?: Partial<OutboundRequest>): Promise<OutboundResponse> };

/** /STATUS/TARGET redirects; everything else answers "here". */
async function setUp(t: TestContext): Promise<Setup> {
  const seen: Seen[] = [];
  const server = (): ReturnType<typeof createServer> =>
    createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      const [, status, target] = /^\/(30\d)\/(.*)$/.exec(request.url ?? '') ?? [];
      if (status === undefined) response.end('here');
      else response.writeHead(Number(status), target === 'none' ? {} : { location: decodeURIComponent(target ?? '') }).end('moved');
    });
  const port = await listen(t, server());
  const otherPort = await listen(t, server());
  const base = `http://127.0.0.1:${port}`;
  const egress = egressFor(t);
  let hops = 0;
  return {
    base,
    other: `http://127.0.0.1:${otherPort}`,
    seen,
    hops: () => hops,
    go: (path, more = {}) =>
      egress.fetch(
        { method: 'GET', url: base + path, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal, ...more },
        () => void hops++,
      ),
  };
}

test('follow: relative and absolute locations, the fragment stays out of the url', async (t) => {
  const { base, go, hops } = await setUp(t);
  const response = await go(`/302/${encodeURIComponent(`../301/${encodeURIComponent(`${base}/end?x=1#f`)}`)}`);
  assert.equal(response.url, `${base}/end?x=1`);
  assert.equal(response.redirected, true);
  assert.equal(hops(), 2);
  assert.equal(await response.body?.text(), 'here');
});

test('follow: methods and bodies change as the standard says', async (t) => {
  const { go, seen } = await setUp(t);
  const cases: [number, string, string, string][] = [
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [307, 'POST', 'POST', 'data'],
    [308, 'POST', 'POST', 'data'],
    [301, 'PUT', 'PUT', 'data'],
    [302, 'PATCH', 'PATCH', 'data'],
    [303, 'PUT', 'GET', ''],
  ];
  for (const [status, method, expected, body] of cases) {
    seen.length = 0;
    await (await go(`/${status}/%2Fend`, { method, body: 'data', headers: 'content-type\ntext/x' })).body?.text();
    const last = seen.at(-1);
    assert.equal(last?.method, expected, `${status} ${method}`);
    assert.equal(last?.body, body, `${status} ${method}`);
    assert.equal(last?.headers['content-type'], body === '' ? undefined : 'text/x');
  }
  seen.length = 0;
  const head = await go('/303/%2Fend', { method: 'HEAD' });
  assert.equal(head.body, undefined);
  assert.equal(seen.at(-1)?.method, 'HEAD');
});

test('follow: a streamed body is sent once, so only a 303 can be followed', async (t) => {
  const { go, seen } = await setUp(t);
  await assert.rejects(go('/307/%2Fend', { method: 'POST', body: Readable.from([Buffer.from('x')]) }), /one-time-use/);
  assert.equal(seen.length, 1);
  const response = await go('/303/%2Fend', { method: 'POST', body: Readable.from([Buffer.from('x')]) });
  assert.equal(await response.body?.text(), 'here');
  assert.equal(seen.at(-1)?.method, 'GET');
  // After a 303 there is no body left, so what follows is free to redirect again.
  const twice = await go(`/303/${encodeURIComponent('/307/%2Fend')}`, { method: 'POST', body: Readable.from([Buffer.from('x')]) });
  assert.equal(await twice.body?.text(), 'here');
});

test('follow: credentials stay with their origin', async (t) => {
  const { go, seen, other, base } = await setUp(t);
  const headers = 'Authorization\nBasic x\nCookie\na=1\nX-Api-Key\nk';
  await (await go(`/302/${encodeURIComponent(`${base}/same`)}`, { headers })).body?.text();
  assert.equal(seen.at(-1)?.headers.authorization, 'Basic x');
  await (await go(`/302/${encodeURIComponent(`${other}/else`)}`, { headers })).body?.text();
  assert.equal(seen.at(-1)?.headers.authorization, undefined);
  assert.equal(seen.at(-1)?.headers.cookie, undefined);
  assert.equal(seen.at(-1)?.headers['x-api-key'], 'k');
  assert.equal(seen.at(-1)?.headers.host, new URL(other).host);
});

test('follow: twenty redirects and no more; a loop ends', async (t) => {
  const { go, hops } = await setUp(t);
  let path = '/end';
  for (let i = 0; i < 20; i++) path = `/302/${encodeURIComponent(path)}`;
  assert.equal((await go(path)).status, 200);
  assert.equal(hops(), 20);
  await assert.rejects(go(`/302/${encodeURIComponent(path)}`), { name: 'TypeError', message: 'Too many redirects.' });
});

test('follow: a hop that may not be counted any more ends the fetch', async (t) => {
  const { base } = await setUp(t);
  const egress = egressFor(t);
  const request = { method: 'GET', url: `${base}/302/%2Fend`, headers: '', body: undefined, redirect: 'follow', signal: new AbortController().signal } as const;
  const limit = Object.assign(new Error('internal'), { code: 'X' });
  await assert.rejects(
    egress.fetch(request, () => {
      throw limit;
    }),
    { name: 'TypeError' },
  );
});

test('follow: bad locations are errors, none is an answer', async (t) => {
  const { go } = await setUp(t);
  await assert.rejects(go(`/302/${encodeURIComponent('http://[bad')}`), /not a valid URL/);
  await assert.rejects(go(`/302/${encodeURIComponent('file:///etc/passwd')}`), /not an HTTP URL/);
  await assert.rejects(go(`/302/${encodeURIComponent('data:text/plain,x')}`), /not an HTTP URL/);
  const response = await go('/302/none');
  assert.equal(response.status, 302);
  assert.equal(await response.body?.text(), 'moved');
});

test('manual: the redirect itself is the answer', async (t) => {
  const { go, seen } = await setUp(t);
  const response = await go('/302/%2Fend', { redirect: 'manual' });
  assert.equal(response.status, 302);
  assert.equal(response.redirected, false);
  assert.match(response.headers, /location\n\/end/);
  assert.equal(await response.body?.text(), 'moved');
  assert.equal(seen.length, 1);
});

test('error: a redirect rejects', async (t) => {
  const { go } = await setUp(t);
  await assert.rejects(go('/302/%2Fend', { redirect: 'error' }), { name: 'TypeError' });
  assert.equal((await go('/end', { redirect: 'error' })).status, 200);
});

test('redirect: a location with a user name or password is not followed', async (t) => {
  const { base, other, go, seen } = await setUp(t);
  for (const target of [other, base]) {
    for (const login of ['user:secret', 'user', ':secret']) {
      const location = `${target.replace('://', `://${login}@`)}/end`;
      await assert.rejects(go(`/302/${encodeURIComponent(location)}`), { name: 'TypeError', message: /user name or password/ });
    }
  }
  assert.equal(
    seen.some(({ url }) => url === '/end'),
    false,
  );
});
