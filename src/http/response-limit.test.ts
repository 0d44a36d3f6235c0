import assert from 'node:assert/strict';
import { get, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import type { FetchClient, Site } from '../ports/event-client.ts';
import { Observer, type RequestRecord } from '../ports/observer.ts';
import { Listener } from './listener.ts';

/** A server whose one site answers with `answer`; bodies may have ten bytes. */
const serve = async (t: TestContext, answer: (client: FetchClient) => void): Promise<{ port: number; record: Promise<RequestRecord> }> => {
  const { promise, resolve } = Promise.withResolvers<RequestRecord>();
  const observer = new (class extends Observer {
    override request(record: RequestRecord): void {
      resolve(record);
    }
  })();
  const site: Site = {
    app: 'a',
    version: '1',
    refusal: undefined,
    requestBodyBytes: 0,
    responseBodyBytes: 10,
    fetch: (_message, client) => answer(client),
    begin: () => {},
    finish: () => {},
  };
  const listener = new Listener({
    sites: { find: () => site },
    observer,
    openBody: () => assert.fail('no request here has a body'),
    normaliseHost: (raw) => raw,
    urlBytes: 1000,
    headerBytes: 10_000,
    headMs: 10_000,
    idleMs: 10_000,
    trustedProxies: ['127.0.0.0/8'],
    dev: false,
  });
  t.after(() => listener.destroy());
  return { port: await listener.listen({ port: 0, host: '127.0.0.1' }), record: promise };
};

const read = (port: number): Promise<{ status: number; text: string; complete: boolean }> =>
  new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1', agent: false }, (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', () => {});
      response.on('close', () => resolve({ status: response.statusCode ?? 0, text, complete: response.complete }));
    }).on('error', reject);
  });

test('a whole body over the limit: an error instead', async (t) => {
  const { port, record } = await serve(t, (client) => client.send(200, '', '', 'x'.repeat(11)));
  assert.equal((await read(port)).status, 502);
  assert.equal((await record).outcome, 'responseTooLarge');
});

test('a body at the limit passes', async (t) => {
  const { port, record } = await serve(t, (client) => client.send(200, '', '', 'x'.repeat(10)));
  assert.deepEqual(await read(port), { status: 200, text: 'x'.repeat(10), complete: true });
  assert.equal((await record).outcome, 'ok');
});

test('a streamed body over the limit breaks off', async (t) => {
  const { port, record } = await serve(t, (client) => {
    client.start(200, '', '');
    for (let i = 0; i < 3; i++) client.write(Buffer.from('12345'));
    client.end();
  });
  const { status, complete } = await read(port);
  assert.deepEqual([status, complete], [200, false]);
  assert.equal((await record).outcome, 'responseTooLarge');
});

test('a host body over the limit breaks off', async (t) => {
  const { port, record } = await serve(t, (client) => {
    const stream = Readable.from([Buffer.from('12345'), Buffer.from('67890'), Buffer.from('x')]);
    const body = { read: async () => null, text: async () => '', bytes: async () => new ArrayBuffer(0), cancel: () => stream.destroy(), stream: () => stream };
    void client.pipe(200, '', '', body);
  });
  assert.equal((await read(port)).complete, false);
  assert.equal((await record).outcome, 'responseTooLarge');
});
