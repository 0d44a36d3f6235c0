import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import type { Egress } from '../../ports/egress.ts';
import type { FetchClient, FetchMessage } from '../../ports/event-client.ts';
import type { EventState, Place } from '../op.ts';
import { outboundOf } from '../outbound-worker.ts';
import { MOST_DEPTH } from '../service-target.ts';
import { TestIsolate } from './fixture.ts';
import { fetchThrough, type ThroughRequest } from './through-worker.ts';

const TARGET = { app: 'gate', entrypoint: undefined, props: undefined };
const NO_BODY = { body: undefined, length: undefined, upload: undefined };

/** An isolate, its event, and a gate that answers as the function says. */
function setUp(answer: (message: Pick<FetchMessage, 'head' | 'inline'>, client: FetchClient) => void, more: Partial<EventState> = {}) {
  const isolate = new TestIsolate({} as Egress);
  const heads: string[] = [];
  isolate.invoker = {
    fetch: (_target, _origin, message, client) => {
      heads.push(message.head);
      answer(message, client);
    },
    open: () => {},
  };
  const place: Place = { context: isolate, event: { ...(isolate.event(1) as EventState), ...more } };
  const ask = (request: Partial<ThroughRequest>): Promise<unknown[]> =>
    fetchThrough(place, TARGET, {
      method: 'GET',
      url: 'http://a.example/',
      headers: '',
      redirect: 'follow',
      body: NO_BODY,
      cf: undefined,
      signal: new AbortController().signal,
      ...request,
    });
  return { isolate, heads, place, ask };
}

test('fetch: a head is whole with and without headers, and names no other host', async () => {
  const { heads, ask } = setUp((_message, client) => client.send(204, 'No Content', '', undefined));
  await ask({});
  await ask({ headers: 'Host\nb.example\nx-host\n1' });
  await ask({ method: 'POST', body: { ...NO_BODY, body: Readable.from(['a']) } });
  await ask({ method: 'POST', headers: 'content-length\n9', body: { ...NO_BODY, body: 'four' } });
  assert.deepEqual(heads, [
    'GET\nhttp://a.example/\n',
    'GET\nhttp://a.example/\nx-host\n1',
    'POST\nhttp://a.example/\ntransfer-encoding\nchunked',
    'POST\nhttp://a.example/\ncontent-length\n4',
  ]);
});

test('redirects: secrets stay with the host they were for, and each hop is a subrequest', async () => {
  const { isolate, heads, ask } = setUp((message, client) =>
    message.head.startsWith('POST') ? client.send(302, 'Found', 'location\nhttp://b.example/#c', undefined) : client.send(200, 'OK', '', 'here'),
  );
  const [status, , , url, redirected] = await ask({
    method: 'POST',
    headers: 'authorization\nsecret\ncontent-type\na/b\nx\ny',
    body: { ...NO_BODY, body: 'sent' },
  });
  assert.deepEqual([status, url, redirected], [200, 'http://b.example/', true]);
  assert.equal(heads[1], 'GET\nhttp://b.example/\nx\ny');
  assert.equal(isolate.subrequests, 1);
});

test('failures: leave no body open', async () => {
  const gone: Readonly<Record<string, ReturnType<typeof setUp>>> = {
    deep: setUp(() => {}, { depth: MOST_DEPTH - 1 }),
    missing: setUp((_message, client) => client.fail({ name: 'internal', error: { name: 'Error', message: 'not there', stack: '' }, passThrough: false })),
    moved: setUp((_message, client) => client.send(307, '', 'location\n/b', undefined)),
  };
  for (const [name, { ask }] of Object.entries(gone)) {
    const body = Readable.from(['a body']);
    await assert.rejects(ask({ method: 'POST', body: { ...NO_BODY, body } }), /depth limit|not there|one-time-use/, name);
    assert.ok(body.destroyed, name);
  }
});

test('outboundOf: where the network is closed nothing takes its place', () => {
  const outbound = { app: 'gate', env: '{}', next: { app: 'outer', env: undefined, next: undefined } };
  const { isolate, place } = setUp(() => {}, { outbound });
  assert.deepEqual(outboundOf(isolate, place.event), { ...TARGET, env: '{}', outbound: outbound.next });
  const closed = new TestIsolate({ isClosed: true } as Egress);
  assert.equal(outboundOf(closed, place.event), undefined);
});
