import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import type { FetchClient, TailMessage } from '../ports/event-client.ts';
import type { Apps } from './apps.ts';
import type { TraceItem } from './trace.ts';
import { type TailDeps, Tails } from './tails.ts';

/** A consumer whose tail handler ends when it is told to, and what it was given. */
function setUp(): { tell(message: string, times: number): void; given: string[]; end(): void } {
  const given: string[] = [];
  const clients: FetchClient[] = [];
  const apps = {
    get: () => ({ record: { ...appRecord('consumer'), state: 'ready' } }),
    tail: (_version: unknown, { text }: TailMessage, client: FetchClient) => {
      given.push(text);
      clients.push(client);
    },
  };
  const deps = { apps: apps as unknown as Apps, ledger: { begin() {}, end() {} }, observer: { event() {} }, newRequestId: () => 'id' };
  const trace = new Tails(deps as unknown as TailDeps).of({ ...appRecord('app'), tailConsumers: ['consumer'] });
  return {
    tell: (message, times) => {
      for (let left = times; left > 0; left--) trace?.tell({ logs: [{ message }] } as unknown as TraceItem, 0);
    },
    given,
    end: () => {
      for (const client of clients.splice(0)) client.completed?.();
    },
  };
}

const count = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + (JSON.parse(text) as unknown[]).length, 0);

test('tails: what waits for a consumer that does not end is bounded by its characters, too', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given, end } = setUp();
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let times = 0; times < 10; times++) {
    tell(megabyte, 10);
    t.mock.timers.tick(20);
  }
  assert.equal(count(given), 15);
  end();
  await new Promise(setImmediate);
  tell(megabyte, 1);
  t.mock.timers.tick(20);
  assert.equal(count(given), 16);
});

test('tails: an item that is longer than that comes alone', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { tell, given } = setUp();
  tell('x'.repeat(17 * 1024 * 1024), 2);
  t.mock.timers.tick(20);
  assert.equal(count(given), 1);
});
