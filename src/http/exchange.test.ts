import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { RawClient, rawRequest, send } from '../../test/support/request.ts';
import { StreamBody } from '../ops/body-stream.ts';
import type { FetchClient } from '../ports/event-client.ts';
import { listen } from './listener.fixture.ts';

const headers = { host: 'test' };
const GET = 'GET / HTTP/1.1\r\nHost: t\r\n\r\n';
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('send: text, bytes or nothing, with the right length', async (t) => {
  const bodies = ['grün', new Uint8Array([1, 2, 3]), undefined, '', 'ascii'];
  const { port } = await listen(t, (client, { head }) => client.send(200, 'Fine', '', bodies[Number(head.split('\n')[1]?.slice(-1))]));
  const lengths: unknown[] = [];
  for (let i = 0; i < bodies.length; i++) {
    const answer = await send(port, { path: `/${i}`, headers });
    lengths.push([Number(answer.headers['content-length']), answer.bytes.length]);
    assert.equal(answer.statusText, 'Fine');
  }
  assert.deepEqual(lengths, [
    [5, 5],
    [3, 3],
    [0, 0],
    [0, 0],
    [5, 5],
  ]);
});

test('send: 204 and 304 carry no length, HEAD that of what it does not carry', async (t) => {
  const { port } = await listen(t, (client, { head }) => {
    const status = Number(head.split('\n')[1]?.slice(-3));
    client.send(status, '', status === 205 ? '' : 'content-length\n77', undefined);
  });
  for (const status of [204, 304]) assert.equal((await send(port, { path: `/${status}`, headers })).headers['content-length'], undefined);
  const answer = await send(port, { method: 'HEAD', path: '/200', headers });
  assert.deepEqual([answer.headers['content-length'], answer.text], ['77', '']);
  // What is not modified has a length all the same; what has no content must have none.
  const lengths = await Promise.all(['/304', '/204'].map(async (path) => (await send(port, { method: 'HEAD', path, headers })).headers['content-length']));
  assert.deepEqual(lengths, ['77', undefined]);
  // Of a body that the app did not make, and did not measure, nothing is known.
  assert.equal((await send(port, { method: 'HEAD', path: '/205', headers })).headers['content-length'], undefined);
});

test('send: what HTTP forbids is an exception, never a split response', async (t) => {
  const answers: [number, string, string][] = [
    [200, '', 'x-a\nb\r\nx-c: d'],
    [200, '', 'bad name\nb'],
    [200, '', 'odd'],
    [200, 'a\r\nb', ''],
    [99, '', ''],
    [101, '', ''],
    [1000, '', ''],
    [200, '', `x-a\n${'x'.repeat(200_000)}`],
  ];
  const { port, recorded } = await listen(t, (client, { head }) =>
    client.send(...(answers[Number(head.split('\n')[1]?.slice(-1))] as [number, string, string]), 'x'),
  );
  for (let i = 0; i < answers.length; i++) {
    const answer = await send(port, { path: `/${i}`, headers });
    assert.deepEqual([answer.status, answer.text], [500, 'error code: 1101']);
    assert.equal(answer.headers['x-c'], undefined);
  }
  for (const record of await recorded(answers.length)) assert.equal(record.outcome, 'exception');
});

test('start: streams, chunked or of the length the app gave', async (t) => {
  const { port, recorded } = await listen(t, (client, { head }) => {
    client.start(200, '', head.includes('/fixed') ? 'content-length\n6' : '');
    client.write(Buffer.from('abc'));
    client.write(Buffer.from('def'));
    client.end();
  });
  const chunked = await send(port, { headers });
  assert.deepEqual([chunked.text, chunked.headers['transfer-encoding']], ['abcdef', 'chunked']);
  const fixed = await send(port, { path: '/fixed', headers });
  assert.deepEqual([fixed.text, fixed.headers['content-length']], ['abcdef', '6']);
  assert.deepEqual(
    (await recorded(2)).map((record) => record.bytesOut),
    [6, 6],
  );
});

test('start: the head goes out before the first chunk', async (t) => {
  let stream: FetchClient | undefined;
  const { port } = await listen(t, (client) => {
    client.start(200, '', 'content-type\ntext/event-stream');
    stream = client;
  });
  const client = new RawClient(port);
  client.write(GET);
  await client.until(/\r\n\r\n/);
  stream?.write(Buffer.from('data: 1\n\n'));
  await client.until(/data: 1/);
  client.destroy();
});

test('start: a body longer or shorter than its length breaks the connection', async (t) => {
  for (const text of ['ab', 'abcd']) {
    const { port, recorded } = await listen(t, (client) => {
      client.start(200, '', 'content-length\n3');
      client.write(Buffer.from(text));
      client.end();
    });
    await assert.rejects(send(port, { headers }));
    assert.equal((await recorded(1))[0]?.outcome, 'responseAborted');
  }
});

test('start: HEAD gets the head at once, with the length that the app has named, and the app goes on', async (t) => {
  let stream: FetchClient | undefined;
  const gone: string[] = [];
  const { port, recorded } = await listen(t, (client, { head }) => {
    const said = head.includes('/said') ? '7' : undefined;
    client.started({ cpuMs: 0, clientGone: () => void gone.push('gone') }, false);
    assert.equal(client.start(200, '', head.includes('/kept') ? 'x-a\nb\ncontent-length\n5' : '', false, said), false);
    stream = client;
  });
  const lengths: unknown[] = [];
  for (const path of ['/', '/kept', '/said', '/kept/said']) {
    const answer = await send(port, { method: 'HEAD', path, headers });
    lengths.push(answer.headers['content-length']);
    assert.equal((await recorded(lengths.length)).at(-1)?.outcome, 'ok');
    stream?.write(Buffer.alloc(1000));
    stream?.end();
  }
  assert.deepEqual([lengths, gone], [[undefined, '5', '7', '7'], []]);
  // It need not go on for ever.
  stream?.write(Buffer.alloc(2 * 1024 * 1024));
  assert.deepEqual(gone, ['gone']);
});

test('start: GET has the length that the body keeps to, whatever the app says', async (t) => {
  const { port } = await listen(t, (client) => {
    assert.equal(client.start(200, '', '', false, '7'), true);
    client.write(Buffer.from('abc'));
    client.end();
  });
  const answer = await send(port, { headers });
  assert.deepEqual([answer.text, answer.headers['content-length'], answer.headers['transfer-encoding']], ['abc', undefined, 'chunked']);
});

test('start: HEAD gets the head alone', async (t) => {
  const { port } = await listen(t, (client) => {
    client.start(200, '', 'content-length\n3');
    client.write(Buffer.from('abc'));
    client.end();
  });
  const answer = await send(port, { method: 'HEAD', headers });
  assert.deepEqual([answer.status, answer.text, answer.headers['content-length']], [200, '', '3']);
});

test('write: waits for a client that reads slowly, and leaves no listeners behind', async (t) => {
  let waits = 0;
  let most = 0;
  const done = Promise.withResolvers<void>();
  const { port } = await listen(t, (client) => {
    client.start(200, '', '');
    const response = (client as unknown as { response?: unknown }).response;
    assert.equal(response, undefined);
    void (async () => {
      for (let i = 0; i < 200; i++) {
        const written = client.write(Buffer.alloc(256 * 1024));
        if (written === undefined) continue;
        waits++;
        await written;
      }
      client.end();
      done.resolve();
    })();
  });
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const client = new RawClient(port);
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk: string) => {
    most += chunk.length;
    client.socket.pause();
    setImmediate(() => client.socket.resume());
  });
  client.write(GET);
  await done.promise;
  client.destroy();
  assert.ok(waits > 10);
  assert.ok(most > 0);
  await tick();
  assert.deepEqual(warnings, []);
});

test('client gone: before the answer, during a stream and during a piped body', async (t) => {
  const cancelled: string[] = [];
  const { port, gone, inFlight, heads, recorded } = await listen(t, (client, { head }) => {
    if (head.includes('/stream')) {
      client.start(200, '', '');
      client.write(Buffer.from('x'));
    }
    if (head.includes('/pipe')) {
      const source = new Readable({ read() {} });
      source.push('x');
      source.on('close', () => cancelled.push('source'));
      void client.pipe(200, '', '', new StreamBody(source));
    }
  });
  for (const [i, path] of ['/never', '/stream', '/pipe'].entries()) {
    const client = new RawClient(port);
    client.write(GET.replace('/', path));
    if (i > 0) await client.until(/x\r\n$/);
    else while (heads.length === 0) await tick();
    client.destroy();
    await recorded(i + 1);
  }
  while (cancelled.length === 0) await tick();
  assert.equal(gone.length, 3);
  assert.equal(inFlight(), 0);
  for (const record of await recorded(3)) assert.equal(record.outcome, 'clientClosed');
});

test('client gone: what the app still sends is dropped', async (t) => {
  let late: FetchClient | undefined;
  const { port, recorded } = await listen(t, (client) => {
    late = client;
  });
  const client = new RawClient(port);
  client.write(GET);
  while (late === undefined) await tick();
  client.destroy();
  await recorded(1);
  late.send(200, '', '', 'x');
  late.start(200, '', '');
  assert.equal(late.write(Buffer.from('x')), undefined);
  late.end();
  late.abort();
  late.fail({ name: 'exception', error: { name: '', message: '', stack: '' }, passThrough: false });
  let isCancelled = false;
  const body = {
    cancel: () => {
      isCancelled = true;
    },
  } as never;
  await late.pipe(200, '', '', body);
  assert.equal(isCancelled, true);
});

test('pipe: a body of the host goes out whole', async (t) => {
  const { port, recorded } = await listen(
    t,
    (client) => void client.pipe(200, '', 'content-length\n6', new StreamBody(Readable.from([Buffer.from('abc'), Buffer.from('def')]))),
  );
  assert.equal((await send(port, { headers })).text, 'abcdef');
  assert.equal((await recorded(1))[0]?.bytesOut, 6);
});

test('pipe: one that breaks off, has another length or was used breaks the connection', async (t) => {
  const broken = (): StreamBody => {
    const source = new Readable({ read() {} });
    source.push('abc');
    setImmediate(() => source.destroy(new Error('upstream')));
    return new StreamBody(source);
  };
  const used = (): StreamBody => {
    const source = new StreamBody(new Readable({ read() {} }));
    source.read().catch(() => {});
    return source;
  };
  const long = (): StreamBody => new StreamBody(Readable.from([Buffer.from('abcdefgh')]));
  for (const [make, head] of [
    [broken, ''],
    [used, ''],
    [long, 'content-length\n3'],
    [long, 'content-length\n30'],
  ] as const) {
    const { port, recorded } = await listen(t, (client) => void client.pipe(200, '', head, make()));
    await assert.rejects(send(port, { headers }), `${make.name} ${head}`);
    assert.equal((await recorded(1))[0]?.outcome, 'responseAborted');
  }
});

test('pipe: HEAD does not open the body', async (t) => {
  let isCancelled = false;
  const body = {
    cancel: () => {
      isCancelled = true;
    },
  } as never;
  const { port } = await listen(t, (client) => void client.pipe(200, '', 'content-length\n9', body));
  const answer = await send(port, { method: 'HEAD', headers });
  assert.equal(answer.headers['content-length'], '9');
  assert.equal(isCancelled, true);
});

test('fail: a page with the code, and the reason for the log alone', async (t) => {
  const error = { name: 'Error', message: 'secret', stack: 'Error: secret' };
  const { port, recorded } = await listen(t, (client) => client.fail({ name: 'exceededCpu', error, passThrough: false }));
  const answer = await send(port, { headers });
  assert.deepEqual([answer.status, answer.text], [503, 'error code: 1102']);
  const [record] = await recorded(1);
  assert.deepEqual([record?.outcome, record?.error], ['exceededCpu', 'Error: secret']);
});

test('fail: in the middle of a stream breaks the connection', async (t) => {
  const { port, recorded } = await listen(t, (client) => {
    client.start(200, '', '');
    client.write(Buffer.from('x'));
    client.abort();
  });
  await assert.rejects(send(port, { headers }));
  assert.equal((await recorded(1))[0]?.outcome, 'responseAborted');
});

test('unread body: the answer comes, and the connection goes on', async (t) => {
  const { port } = await listen(t, (client) => client.send(200, '', '', 'x'));
  const text = await rawRequest(port, 'POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n');
  assert.equal(text.match(/200 OK/g)?.length, 2);
});
