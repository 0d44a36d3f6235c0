import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { Openings } from '../base/openings.ts';
import { Connections } from './connections.ts';

const client = (): Socket => new PassThrough() as unknown as Socket;
const response = (): ServerResponse => new EventEmitter() as unknown as ServerResponse;

test('add: where few descriptors are left the connection that has been idle for longest goes, and none with a request', async () => {
  // 64 are the process's own: eight are left for clients, and the last of them is one of few.
  const connections = new Connections(new Openings({ limit: 72 }), true);
  const clients = Array.from({ length: 7 }, client);
  for (const each of clients) connections.add(each);
  const [first, second, third] = clients as [Socket, Socket, Socket];
  const [answered, open] = [response(), response()];
  connections.begin(first, answered);
  connections.begin(second, open);
  answered.emit('close');
  connections.add(client());
  assert.deepEqual(
    clients.flatMap(({ destroyed }, at) => (destroyed ? [at] : [])),
    [2],
  );
  await once(third, 'close');
  connections.add(client());
  assert.equal(second.destroyed, false);
});

test('add: connections behind a front are not closed, nor any where there is no end of descriptors', () => {
  for (const connections of [new Connections(new Openings({ limit: 66 }), false), new Connections(new Openings({ limit: Number.POSITIVE_INFINITY }), true)]) {
    const clients = Array.from({ length: 4 }, client);
    for (const each of clients) connections.add(each);
    assert.equal(
      clients.some(({ destroyed }) => destroyed),
      false,
    );
  }
});

test("enter: a request is the app's until it is answered; one that is passed on counts for its connection, too", () => {
  const openings = new Openings({ limit: 74 });
  const connections = new Connections(openings, true);
  const socket = client();
  connections.add(socket);
  const answers = [response(), response(), response()];
  const stays = answers.map((each) => connections.begin(socket, each));
  assert.deepEqual([stays[0]?.enter('a'), openings.of('a').count, openings.free], [true, 1, 9]);
  assert.deepEqual([stays[1]?.enter('a', true), openings.of('a').count, openings.free], [true, 3, 8]);
  for (const each of answers) each.emit('close');
  assert.deepEqual([openings.of('a').count, openings.free], [0, 9]);
});
