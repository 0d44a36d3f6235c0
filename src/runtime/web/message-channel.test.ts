import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { Post } from '../../protocol/ops.ts';
import { enterEvent } from '../bridge.ts';
import { MessageChannel } from './message-channel.ts';
import type { MessageEvent } from './message-event.ts';
import { MessagePort } from './message-port.ts';
import { structuredClone } from './structured-clone.ts';
import { type FakeHost, fakeHost, turn } from './testing/fake-host.ts';
import './testing/chunks.ts';
import { fireTimer } from './timers.ts';

let host: FakeHost;
beforeEach(() => {
  host = fakeHost();
});

/** Lets the host fire every timer that is due, one after the other, until there are no more. */
async function settle(event = 7): Promise<void> {
  for (;;) {
    await turn();
    const at = host.posts.findIndex((post) => post[0] === Post.timerStart && post[1] === event);
    if (at < 0) return;
    const [timer] = host.posts.splice(at, 1);
    assert.equal(timer?.[3], 0, 'no delay');
    fireTimer(event, timer?.[2] as number);
  }
}

type Port = MessagePort & { onmessage: unknown; onclose: unknown };
const channel = (): [Port, Port] => {
  const { port1, port2 } = new MessageChannel();
  return [port1 as Port, port2 as Port];
};
const listen = (port: Port): unknown[] => {
  const heard: unknown[] = [];
  port.onmessage = (event: MessageEvent) => heard.push(event.data);
  return heard;
};

describe('postMessage', () => {
  test('arrives as a task of its own, in order', async () => {
    const [one, two] = channel();
    const heard = listen(two);
    const log: string[] = [];
    two.addEventListener('message', () => void Promise.resolve().then(() => log.push(`after ${heard.length}`)));
    one.postMessage(1);
    one.postMessage({ two: 2 });
    await turn();
    assert.deepEqual(heard, [], 'not in a microtask');
    await settle();
    assert.deepEqual(heard, [1, { two: 2 }]);
    assert.deepEqual(log, ['after 1', 'after 2'], 'reactions to one come before the next');
  });
  test('clones at once, and throws at once', async () => {
    const [one, two] = channel();
    const heard = listen(two);
    const data = { n: 1 };
    one.postMessage(data);
    data.n = 2;
    assert.throws(() => one.postMessage(() => 1), { name: 'DataCloneError' });
    await settle();
    assert.deepEqual(heard, [{ n: 1 }]);
  });
  test('waits for start, or for onmessage', async () => {
    const [one, two] = channel();
    const heard: unknown[] = [];
    two.addEventListener('message', (event: MessageEvent) => heard.push(event.data));
    one.postMessage('a');
    await settle();
    assert.deepEqual(heard, []);
    two.start();
    await settle();
    assert.deepEqual(heard, ['a']);
    const [three, four] = channel();
    three.postMessage('b');
    four.onmessage = null;
    const late = listen(four);
    await settle();
    assert.deepEqual(late, ['b']);
  });
  test('the event says where it comes from', async () => {
    const [one, two] = channel();
    const seen: MessageEvent[] = [];
    two.onmessage = (event: MessageEvent) => seen.push(event);
    one.postMessage(1);
    await settle();
    const [event] = seen;
    assert.ok(event !== undefined && (event as { isTrusted?: boolean }).isTrusted);
    assert.deepEqual([event.target, event.origin, event.source, event.ports.length], [two, '', null, 0]);
  });
  test('overloads of the second argument', () => {
    const [one] = channel();
    const buffers = Array.from({ length: 3 }, () => new ArrayBuffer(1));
    one.postMessage(0, [buffers[0]]);
    one.postMessage(0, { transfer: [buffers[1]] });
    one.postMessage(0, undefined);
    one.postMessage(0, null);
    assert.deepEqual(
      buffers.map((buffer) => buffer.detached),
      [true, true, false],
    );
    for (const bad of [1, 'x', { transfer: 1 }, [1]]) assert.throws(() => one.postMessage(0, bad), TypeError);
    assert.throws(() => Reflect.apply(one.postMessage, one, []), TypeError);
  });
  test('ping-pong is not slowed down as nested timers are', async () => {
    const [one, two] = channel();
    let count = 0;
    two.onmessage = () => two.postMessage(0);
    one.onmessage = () => {
      if (++count < 10) one.postMessage(0);
    };
    one.postMessage(0);
    await settle();
    assert.equal(count, 10);
  });
  test('a message belongs to the event that sent it', async () => {
    const [one, two] = channel();
    const heard = listen(two);
    enterEvent(8);
    one.postMessage('of 8');
    await turn();
    enterEvent(9);
    one.postMessage('of 9');
    await settle(9);
    assert.deepEqual(heard, ['of 9'], 'event 8 is over');
  });
  test('works in the global scope', async () => {
    enterEvent(0);
    const [one, two] = channel();
    const heard = listen(two);
    one.postMessage(1);
    assert.deepEqual(heard, []);
    await turn();
    assert.deepEqual(heard, [1]);
  });
});

describe('transfer', () => {
  test('of a port: its messages go with it', async () => {
    const [one, two] = channel();
    const [a, b] = channel();
    one.postMessage('before');
    a.postMessage('take it', [two]);
    one.postMessage('after');
    const ports: Port[] = [];
    b.onmessage = (event: MessageEvent) => ports.push(...(event.ports as Port[]));
    await settle();
    const [moved] = ports;
    assert.ok(moved instanceof MessagePort && moved !== two);
    const heard = listen(moved);
    await settle();
    assert.deepEqual(heard, ['before', 'after']);
    moved.postMessage('back');
    const back = listen(one);
    await settle();
    assert.deepEqual(back, ['back']);
    assert.throws(() => a.postMessage(0, [two]), { name: 'DataCloneError' }, 'it is detached');
  });
  test('a port stands in the message where it was', async () => {
    const [a, b] = channel();
    const [one] = channel();
    const heard = listen(b);
    a.postMessage({ port: one }, [one]);
    await settle();
    assert.ok((heard[0] as { port: unknown }).port instanceof MessagePort);
  });
  test('refuses the port itself, a port not in the list and one twice', () => {
    const [one, two] = channel();
    const [other] = channel();
    assert.throws(() => one.postMessage(0, [one]), { name: 'DataCloneError' });
    assert.throws(() => one.postMessage(other), { name: 'DataCloneError' });
    assert.throws(() => one.postMessage(0, [other, other]), { name: 'DataCloneError' });
    assert.doesNotThrow(() => one.postMessage(0, [two]), 'sent to itself, it is lost');
  });
  test('structuredClone moves one, too', () => {
    const [one] = channel();
    assert.ok(structuredClone(one, { transfer: [one] }) instanceof MessagePort);
    assert.throws(() => structuredClone(one, { transfer: [one] }), { name: 'DataCloneError' });
  });
});

describe('close', () => {
  test('what was sent before arrives, then the notice', async () => {
    const [one, two] = channel();
    const heard = listen(two);
    two.onclose = () => heard.push('closed');
    one.postMessage(1);
    one.close();
    one.postMessage(2);
    two.postMessage(3);
    await settle();
    assert.deepEqual(heard, [1, 'closed']);
  });
  test('a closed port hears nothing and cannot be transferred', async () => {
    const [one, two] = channel();
    const heard = listen(two);
    one.postMessage(1);
    two.close();
    two.close();
    await settle();
    assert.deepEqual(heard, []);
    assert.throws(() => structuredClone(two, { transfer: [two] }), { name: 'DataCloneError' });
  });
});

describe('Web IDL', () => {
  test('ports come from channels alone, and methods are branded', () => {
    assert.throws(() => new MessagePort(), TypeError);
    for (const name of ['postMessage', 'start', 'close'] as const) assert.throws(() => Reflect.apply(MessagePort.prototype[name], {}, [0]), TypeError);
    const { port1 } = new MessageChannel();
    assert.equal((port1 as Port).onmessage, null);
    const descriptor = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
    assert.equal(descriptor?.set?.name, 'set onmessage');
    assert.ok(descriptor?.enumerable);
  });
});
