import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ThreadGate, type Visitor } from './thread-gate.ts';

class Guest implements Visitor {
  readonly told: string[] = [];

  admitted(): void {
    this.told.push('admitted');
  }

  overstayed(): void {
    this.told.push('overstayed');
  }
}

function guests(count: number): Guest[] {
  return Array.from({ length: count }, () => new Guest());
}

test('enter: lets in as many as fit, the others in the order they came', () => {
  const gate = new ThreadGate(2);
  const [a, b, c, d] = guests(4) as [Guest, Guest, Guest, Guest];
  assert.deepEqual(
    [a, b, c, d].map((guest) => gate.enter(guest)),
    [true, true, false, false],
  );
  gate.leave(b);
  assert.deepEqual([c.told, d.told], [['admitted'], []]);
  gate.leave(a);
  assert.deepEqual(d.told, ['admitted']);
});

test('enter: nobody overtakes who waits', () => {
  const gate = new ThreadGate(1);
  const [a, b, c] = guests(3) as [Guest, Guest, Guest];
  gate.enter(a);
  gate.enter(b);
  // What is let in may come out again before it returns.
  b.admitted = () => {
    b.told.push('admitted');
    assert.equal(gate.enter(c), false);
  };
  gate.leave(a);
  gate.leave(b);
  assert.deepEqual([b.told, c.told], [['admitted'], ['admitted']]);
});

test('a long line is worked off in order', () => {
  const gate = new ThreadGate(1);
  const order: number[] = [];
  const all = Array.from({ length: 3000 }, (_, at): Visitor => ({ admitted: () => order.push(at), overstayed: () => {} }));
  for (const visitor of all) gate.enter(visitor);
  for (const visitor of all) gate.leave(visitor);
  assert.deepEqual(
    order,
    Array.from({ length: 2999 }, (_, at) => at + 1),
  );
});

test('who stays long is told so, and others go in beside it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const gate = new ThreadGate(2);
  const [a, b, c, d, e] = guests(5) as [Guest, Guest, Guest, Guest, Guest];
  for (const guest of [a, b, c, d, e]) gate.enter(guest);
  now = 5;
  t.mock.timers.tick(2);
  assert.deepEqual([a.told, b.told], [['overstayed'], ['overstayed']]);
  assert.deepEqual([c.told, d.told], [['admitted'], []], 'with all threads taken there is still room for one');
  gate.leave(c);
  assert.deepEqual([d.told, e.told], [['admitted'], []]);
  gate.leave(a);
  assert.deepEqual(e.told, [], 'one of two places is still taken');
  gate.leave(b);
  assert.deepEqual(e.told, ['admitted']);
});
