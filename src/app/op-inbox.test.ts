import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OpError } from '../base/op-error.ts';
import type { Binding, Reply } from '../bindings/binding.ts';
import { Entry } from '../protocol/ops.ts';
import { appsInOnePool, type TestApps, testRecord } from './worker.fixture.ts';
import type { Worker } from './worker.ts';

const startApps = appsInOnePool();

type Asked = { args: readonly unknown[]; resolve: (reply: Reply) => void; reject: (error: Error) => void };

/** An app with a KV namespace that this test answers for, and a record of the turns its worker runs. */
function setUp(source: string): { ask: TestApps['ask']; asked(count: number): Promise<Asked[]>; turns(): readonly unknown[][]; worker(): Worker } {
  const calls: Asked[] = [];
  const turns: unknown[][] = [];
  const binding: Binding = {
    call: (_method, args) => {
      const { promise, resolve, reject } = Promise.withResolvers<Reply>();
      calls.push({ args, resolve, reject });
      return promise;
    },
  };
  const app = startApps({ a: `export default { async fetch(request, { Q }) { ${source} } }` }, { bindings: () => [binding] });
  app.apps.update([testRecord('a', { bindings: [{ name: 'Q', type: 'queue', options: { queue: 'q' } }] })]);
  const worker = (): Worker => [...(app.apps.get('a')?.workers ?? [])][0] as Worker;
  return {
    ask: app.ask,
    worker,
    turns: () => turns,
    asked: async (count) => {
      while (calls.length < count) await new Promise((resolve) => setImmediate(resolve));
      const run = worker().run.bind(worker());
      worker().run = (event, args) => {
        const turn = [...args];
        run(event, args);
        // What had to come before it has been noted by now.
        turns.push(turn);
      };
      return calls.splice(0);
    },
  };
}

const metrics = (count: number): Reply => [count, 0, 0];

test('answers that come together: enter in one turn, each with its own values', async () => {
  const app = setUp(`
    const all = await Promise.all(Array.from({ length: 100 }, () => Q.metrics().then(({ backlogCount }) => backlogCount)));
    return new Response(all.join());`);
  const client = app.ask('a');
  const calls = await app.asked(100);
  for (const [index, { resolve }] of calls.entries()) resolve(metrics(index));
  await client.over;
  assert.equal(client.text, calls.map((_, index) => index).join());
  assert.deepEqual(
    app.turns().map(([kind, , ...answers]) => [kind, answers.length / 6]),
    [
      [Entry.settle, 64],
      [Entry.settle, 36],
    ],
    'so many as a turn may take, and the rest',
  );
});

test('answers that come together: a failure keeps its place, and a turn of its own', async () => {
  const app = setUp(`
    const order = [];
    const note = (name) => [() => order.push(name), (error) => order.push(name + ' ' + error.message)];
    await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => Q.metrics().then(...note(name))));
    return new Response(order.join());`);
  const client = app.ask('a');
  for (const [index, { resolve, reject }] of (await app.asked(5)).entries()) {
    if (index === 2) reject(new OpError('Error', 'no'));
    else resolve(metrics(index));
  }
  await client.over;
  assert.deepEqual(client.text.split(',').sort(), ['a', 'b', 'c no', 'd', 'e']);
  const failures = app.turns().filter(([, , , ok]) => ok === false);
  assert.deepEqual(
    failures.map(([kind, , , , ...values]) => [kind, ...values]),
    [[Entry.settle, 2, 'Error', 'no']],
  );
});

test('answers that come together: of many failures the first have a turn each, the others share them', async () => {
  const app = setUp(`
    const all = await Promise.allSettled(Array.from({ length: 100 }, () => Q.metrics()));
    return new Response(all.map(({ reason }) => reason.message).join());`);
  const client = app.ask('a');
  const calls = await app.asked(100);
  for (const [index, { reject }] of calls.entries()) reject(new OpError('Error', `no ${index}`));
  await client.over;
  assert.equal(client.text, calls.map((_, index) => `no ${index}`).join());
  const sizes = app.turns().map(([, , ...answers]) => answers.length / 5);
  assert.deepEqual(sizes, [...Array.from({ length: 16 }, () => 1), 64, 20]);
});

test('answers: what enters the isolate after they came is not there before them', async () => {
  const app = setUp(`
    const order = [];
    setTimeout(() => order.push('timer'), 60_000);
    await Promise.all([0, 1].map(() => Q.metrics().then(() => order.push('answer'))));
    return new Response(order.join());`);
  const client = app.ask('a');
  const [first, second] = await app.asked(2);
  const event = app.worker().event(1);
  assert.ok(event !== undefined && first !== undefined && second !== undefined);
  first.resolve(metrics(1));
  second.resolve(metrics(2));
  // The answers are known in this round, and have not been brought in.
  for (let count = 0; count < 20; count++) await Promise.resolve();
  assert.deepEqual(app.turns(), []);
  app.worker().timerDue(event, 1);
  assert.deepEqual(
    app.turns().map(([kind]) => kind),
    [Entry.settle, Entry.timer],
  );
  await client.over;
});

test('answers: those of an event that is over are dropped', async () => {
  const app = setUp('await Promise.race([Q.metrics(), Q.metrics()]); return new Response("one is enough");');
  const client = app.ask('a');
  const [first, second] = await app.asked(2);
  first?.resolve(metrics(1));
  await client.over;
  second?.resolve(metrics(2));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(client.text, 'one is enough');
  assert.equal(app.turns().filter(([kind]) => kind === Entry.settle).length, 1);
});
