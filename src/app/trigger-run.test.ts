import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FetchClient } from '../ports/event-client.ts';
import { type EventRecord, Observer } from '../ports/observer.ts';
import { runTrigger } from './trigger-run.ts';
import type { AppVersion } from './version.ts';

const version = { record: { name: 'a', version: 'v1', slot: 7 } } as unknown as AppVersion;

class Bench extends Observer {
  readonly marks: string[] = [];
  readonly records: EventRecord[] = [];
  readonly ledger = { begin: (slot: number) => void this.marks.push(`begin ${slot}`), end: (slot: number) => void this.marks.push(`end ${slot}`) };

  override event(record: EventRecord): void {
    this.records.push(record);
  }

  async run(start: (client: FetchClient) => void): ReturnType<typeof runTrigger> {
    const ran = await runTrigger(version, 'queue', 'r1', { queue: 'q' }, start, { ledger: this.ledger, observer: this });
    await new Promise((resolve) => setImmediate(resolve));
    return ran;
  }
}

test('an event: marked while it runs, and one record of what it came to', async () => {
  const bench = new Bench();
  const ran = await bench.run((client) => {
    client.started({ cpuMs: 3, clientGone: () => {} }, true);
    client.verdict?.('a0');
    client.completed?.();
  });
  assert.deepEqual(ran, { outcome: 'ok', verdicts: ['a0'] });
  assert.deepEqual(bench.marks, ['begin 7', 'end 7']);
  const { app, kind, outcome, cpuMs, coldStart } = bench.records[0] as EventRecord;
  assert.deepEqual([app, kind, outcome, cpuMs, coldStart], ['a', 'queue', 'ok', 3, true]);
});

test('an event that fails keeps what the app said before', async () => {
  const bench = new Bench();
  const ran = await bench.run((client) => {
    client.verdict?.('a1');
    client.fail({ name: 'exceededCpu', error: { name: 'Error', message: 'too long', stack: '' }, passThrough: false });
  });
  assert.deepEqual(ran, { outcome: 'exceededCpu', error: 'Error: too long', verdicts: ['a1'] });
});

test('an app that says too much is not listened to any more', async () => {
  const bench = new Bench();
  const ran = await bench.run((client) => {
    for (let count = 0; count < 1000; count++) client.verdict?.('a0 '.repeat(1000));
    client.completed?.();
  });
  assert.ok(ran.verdicts.join('').length <= 65_536);
});
