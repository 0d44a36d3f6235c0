import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { TurnFailure } from '../isolate/realm.ts';
import { OpError } from '../base/op-error.ts';
import { AppEvent, type EventHome, MOST_CALLS } from './event.ts';
import { TestClient, testRecord } from './worker.fixture.ts';

type Home = EventHome & { told: string[]; failures: TurnFailure[] };

function setUp(limits: Parameters<typeof testRecord>[1] = {}): { home: Home; client: TestClient; event: AppEvent } {
  const told: string[] = [];
  const failures: TurnFailure[] = [];
  const home: Home = {
    told,
    failures,
    limits: testRecord('a', limits).limits,
    tellsOfLeaving: false,
    eventEnded: (_event, unfinished) => told.push(unfinished ? 'ended unfinished' : 'ended'),
    turnFailed: (_event, failure) => failures.push(failure),
    turnDone: (_event, cpuMs, cameToSomething) => told.push(`turn ${cpuMs}${cameToSomething ? ', called' : ''}`),
    isAlone: () => true,
    used: () => {},
    lightTurnAnswered: () => told.push('light turn answered'),
    enter: (_event, _args, done) => done(),
    letGo: () => told.push('let go'),
    timerDue: (_event, timer) => told.push(`timer ${timer}`),
    limitHit: (_event, limit) => told.push(`limit ${limit}`),
  };
  const client = new TestClient();
  return { home, client, event: new AppEvent(1, 'r1', home, client) };
}

test('send: answers and ends the event', () => {
  const { home, client, event } = setUp();
  event.send(200, '', '', 'hello');
  assert.deepEqual(client.calls, ['send']);
  assert.deepEqual(home.told, ['ended']);
  assert.equal(event.ended, true);
});

test('send: an event that is over has nothing of its client any more', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const { home } = setUp();
  const answered = (): { event: AppEvent; client: WeakRef<object> } => {
    const client = new TestClient();
    const event = new AppEvent(1, 'r1', home, client);
    event.send(200, '', '', 'hello');
    return { event, client: new WeakRef(client) };
  };
  const { event, client } = answered();
  // A WeakRef holds its object until the job is over that made it.
  await new Promise(setImmediate);
  collect();
  assert.equal(client.deref(), undefined);
  event.abort();
  assert.equal(event.ended, true);
});

test('send: in a light turn, the first answer ends the turn', () => {
  const { home, event } = setUp();
  event.lightTurnStarted();
  event.send(200, '', '', 'first');
  event.send(500, '', '', 'second');
  assert.deepEqual(home.told, ['light turn answered', 'ended']);
});

test('callStarted: in a light turn, the first call ends the turn; the turn with its answer is another', () => {
  const { home, event } = setUp();
  event.lightTurnStarted();
  event.callStarted();
  event.callStarted();
  assert.deepEqual(home.told, ['light turn answered']);
  event.lightTurnStarted();
  event.callEnded();
  event.callEnded();
  event.send(200, '', '', 'hello');
  assert.deepEqual(home.told, ['light turn answered', 'light turn answered', 'ended']);
});

test('turnEnded: tells whether the turn has called the host, whenever its end is heard of', () => {
  const { home, event } = setUp();
  event.turnStarted();
  event.callStarted();
  // Its answer is taken in before the end of the first turn is heard of, and leads to nothing.
  event.callEnded();
  event.turnStarted();
  event.turnEnded(1);
  event.turnEnded(1);
  event.turnStarted();
  event.send(200, '', '', 'hello');
  event.turnEnded(1);
  assert.deepEqual(home.told, ['turn 1, called', 'turn 1', 'ended', 'turn 1, called']);
});

test('turnEnded: a light turn that has called has, though another is under way by the time its end is heard of', () => {
  const { home, event } = setUp();
  event.lightTurnStarted();
  event.callStarted();
  event.callEnded();
  event.lightTurnStarted();
  home.told.length = 0;
  event.turnEnded(1, true);
  // The other has brought nothing.
  event.turnEnded(1, true);
  assert.deepEqual(home.told, ['turn 1, called', 'turn 1']);
});

test('turnEnded: the end of a watched turn is not taken for one of a light turn that was entered after it', () => {
  const { home, event } = setUp();
  event.turnStarted();
  event.callStarted();
  event.callEnded();
  event.lightTurnStarted();
  event.turnEnded(1);
  event.callStarted();
  event.turnEnded(1, true);
  assert.deepEqual(home.told, ['turn 1, called', 'light turn answered', 'turn 1, called']);
});

test('send: only the first answer counts', () => {
  const { home, client, event } = setUp();
  event.hold();
  event.send(200, '', '', 'first');
  event.send(500, '', '', 'second');
  event.start(500, '', '');
  event.fail({ name: 'exception', error: { name: '', message: '', stack: '' }, passThrough: false });
  assert.deepEqual(client.calls, ['send']);
  assert.equal(client.text, 'first');
  event.done();
  assert.deepEqual(home.told, ['ended']);
});

test('start: the event lasts until the body ends', () => {
  const { home, client, event } = setUp();
  event.start(200, '', '');
  event.hold();
  event.write(Buffer.from('x'));
  assert.equal(event.ended, false);
  event.end();
  assert.equal(event.ended, false);
  event.done();
  assert.deepEqual(client.calls, ['start', 'write', 'end']);
  assert.deepEqual(home.told, ['ended']);
});

test('terminate: a body that was being streamed is broken off', () => {
  const { home, client, event } = setUp();
  event.start(200, '', '');
  event.hold();
  event.terminate();
  event.terminate();
  assert.deepEqual(client.calls, ['start', 'abort']);
  assert.deepEqual(home.told, ['ended']);
});

test('terminate: a whole answer stays whole', () => {
  const { client, event } = setUp();
  event.hold();
  event.send(200, '', '', 'hello');
  event.terminate();
  assert.deepEqual(client.calls, ['send']);
});

test('clientGone: ends an event that has not been answered, and stops what it started', () => {
  const { home, client, event } = setUp();
  const { signal } = event;
  event.callStarted();
  event.clientGone();
  assert.equal(signal.aborted, true);
  assert.equal(event.ended, true);
  assert.deepEqual(home.told, ['ended unfinished']);
  event.send(200, '', '', 'late');
  assert.deepEqual(client.calls, []);
});

test('clientGone: what waitUntil holds goes on, but not for ever', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { home, event } = setUp({ limits: { waitUntilMs: 50 } });
  event.hold();
  event.clientGone();
  assert.equal(event.ended, false);
  t.mock.timers.tick(50);
  assert.deepEqual(home.told, ['limit waitUntil', 'ended']);
});

test('clientGone: during a stream ends it once nothing is held', () => {
  const { home, event } = setUp();
  event.start(200, '', '');
  event.clientGone();
  assert.deepEqual(home.told, ['ended']);
});

test('done: a waitUntil over before the answer keeps the event open for it', () => {
  const { client, event } = setUp();
  event.hold();
  event.done();
  assert.equal(event.ended, false);
  event.send(200, '', '', undefined);
  assert.equal(event.ended, true);
  assert.deepEqual(client.calls, ['send']);
});

test('done: completes an event that is not answered', () => {
  const { home, client, event } = setUp();
  event.expectNoAnswer();
  event.turnStarted();
  event.hold();
  event.done();
  event.turnEnded(1);
  assert.deepEqual(client.calls, ['completed']);
  assert.deepEqual(home.told, ['ended', 'turn 1, called']);
});

test('pipe: the event lasts until the body is sent', async () => {
  const { home, client, event } = setUp();
  const text = Promise.withResolvers<string>();
  const body = { text: () => text.promise, cancel: () => home.told.push('cancelled') } as never;
  const piped = event.pipe(200, '', '', body);
  assert.deepEqual(home.told, []);
  text.resolve('x');
  await piped;
  assert.deepEqual(client.calls, ['pipe']);
  assert.deepEqual(home.told, ['ended']);
  await event.pipe(200, '', '', body);
  assert.deepEqual(home.told, ['ended', 'cancelled']);
});

test('cpuLeft: counts down over the turns, to one', () => {
  const { event } = setUp({ limits: { cpuMs: 10 } });
  assert.equal(event.cpuLeft, 10);
  event.turnStarted();
  event.turnEnded(4.5);
  assert.equal(event.cpuLeft, 6);
  event.turnStarted();
  event.turnEnded(5.5);
  assert.equal(event.cpuLeft, 1);
});

test('turnEnded: the sum over several turns passes the limit', () => {
  const { home, event } = setUp({ limits: { cpuMs: 10 } });
  for (let i = 0; i < 3; i++) {
    event.turnStarted();
    event.turnEnded(4);
  }
  assert.deepEqual(home.failures, [{ kind: 'timeout' }]);
  assert.deepEqual(home.told, ['turn 4', 'turn 4']);
});

test('deliver: every message has CPU time of its own', () => {
  const { event } = setUp({ limits: { cpuMs: 10 } });
  event.turnStarted();
  event.turnEnded(9);
  let done = 0;
  event.deliver([], () => done++);
  assert.equal(event.cpuLeft, 10);
  event.terminate();
  event.deliver([], () => done++);
  assert.equal(done, 2);
});

test('cpuMs: unknown while a light turn is not settled', () => {
  const { event } = setUp();
  event.lightTurnStarted();
  assert.equal(event.cpuMs, undefined);
  event.turnEnded(0.5);
  assert.equal(event.cpuMs, 0.5);
});

test('isStuck: not while a turn, an op, a timer or a socket may bring the answer', () => {
  const { event } = setUp();
  assert.equal(event.isStuck, true);
  event.turnStarted();
  assert.equal(event.isStuck, false);
  event.callStarted();
  event.turnEnded(0);
  assert.equal(event.isStuck, false);
  event.callEnded();
  assert.equal(event.isStuck, true);
  event.startTimer(1, 0, 1e6);
  assert.equal(event.isStuck, false);
  event.cancelTimer(1);
  assert.equal(event.isStuck, true);
  const release = event.keep(false);
  assert.equal(event.isStuck, false);
  release();
  assert.equal(event.isStuck, true);
  event.send(200, '', '', undefined);
  assert.equal(event.isStuck, false);
});

test('timers: fire for their event and stop with it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { home, event } = setUp();
  event.startTimer(1, 0, 5);
  event.startTimer(2, 0, 10);
  event.startTimer(3, 0, 10);
  event.cancelTimer(3);
  event.cancelTimer(99);
  t.mock.timers.tick(6);
  assert.deepEqual(home.told, ['timer 1']);
  // Until it runs it may be cancelled.
  assert.deepEqual([event.isStuck, event.takeTimer(1), event.takeTimer(1), event.takeTimer(3)], [false, true, false, false]);
  event.clientGone();
  event.startTimer(4, 0, 1);
  t.mock.timers.tick(100);
  assert.deepEqual(home.told, ['timer 1', 'ended unfinished']);
});

test('countCall: counts together what comes of one event', () => {
  const { home, event } = setUp();
  const child = new AppEvent(2, 'child', home, new TestClient(), 1, undefined, event.family);
  for (let calls = 0; calls < MOST_CALLS / 2; calls++) {
    event.countCall();
    child.countCall();
  }
  for (const one of [child, event, child]) assert.throws(() => one.countCall(), /^Error: Too many subrequests/);
  assert.deepEqual(home.told, ['limit subrequests']);
});

test('countSubrequest: one too many is refused and told', () => {
  const { home, event } = setUp({ limits: { subrequests: 2 } });
  event.countSubrequest();
  event.countSubrequest();
  assert.throws(() => event.countSubrequest(), OpError);
  assert.deepEqual(home.told, ['limit subrequests']);
});

test('acquireConnection: a place is handed to the next in line, once', async () => {
  const { event } = setUp({ limits: { connections: 1 } });
  const first = await event.acquireConnection();
  const order: string[] = [];
  const second = event.acquireConnection().then((release) => {
    order.push('second');
    return release;
  });
  const third = event.acquireConnection().then((release) => {
    order.push('third');
    return release;
  });
  await Promise.resolve();
  assert.deepEqual(order, []);
  first();
  first();
  const release = await second;
  assert.deepEqual(order, ['second']);
  release();
  (await third)();
  (await event.acquireConnection())();
  assert.deepEqual(order, ['second', 'third']);
});

test('keep: an open socket holds the event for as long as waitUntil may, as the response without end', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { home, event } = setUp({ limits: { waitUntilMs: 50 } });
  const response = event.keep(true);
  event.upgrade('');
  t.mock.timers.tick(1000);
  assert.deepEqual(home.told, []);
  const other = event.keep(false);
  response();
  response();
  t.mock.timers.tick(49);
  assert.deepEqual(home.told, []);
  other();
  assert.deepEqual(home.told, ['ended unfinished']);
});

test('whenIdle: waits for turns, ops and timers of a pinned event', async () => {
  const { event } = setUp();
  event.pin();
  event.turnStarted();
  let idle = false;
  const waiting = event.whenIdle().then(() => {
    idle = true;
  });
  event.startTimer(1, 0, 1e6);
  event.turnEnded(0);
  await Promise.resolve();
  assert.equal(idle, false);
  event.cancelTimer(1);
  event.turnStarted();
  event.turnEnded(0);
  await waiting;
  assert.equal(event.isStuck, false);
});

test('charge: time on other threads counts against the limit of the call', () => {
  const { home, client } = setUp({ limits: { cpuMs: 1000 } });
  const event = new AppEvent(1, 'r1', home, client, 0, { cpuMs: 10, subrequests: 1 });
  event.charge(9);
  assert.deepEqual(home.failures, []);
  event.charge(9);
  assert.deepEqual(home.failures, [{ kind: 'timeout' }]);
});
