import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explanation } from './failures.ts';

const died = { at: 1000, line: { msg: 'engine died' } };
const quarantined = { at: 1000, line: { msg: 'quarantined: two engines died', app: 'a' } };
const released = { at: 31_000, line: { msg: 'released from quarantine', app: 'a' } };

test('explanation: a broken connection needs the death of an engine', () => {
  assert.equal(explanation({ at: 1100, app: 'a', status: 0, detail: '' }, [died]), died.line);
  assert.equal(explanation({ at: 9000, app: 'a', status: 0, detail: '' }, [died]), undefined);
  assert.equal(explanation({ at: 1100, app: 'a', status: 503, detail: '' }, [died]), undefined);
});

test('explanation: a connection broke in an engine that V8 had lost a thread of', () => {
  const lost = { at: 1000, line: { msg: 'an app has taken a thread from its engine, which is being replaced' } };
  assert.equal(explanation({ at: 9000, app: 'a', status: 0, detail: '' }, [lost]), lost.line);
  assert.equal(explanation({ at: 900, app: 'a', status: 0, detail: '' }, [lost]), undefined);
  assert.equal(explanation({ at: 17_000, app: 'a', status: 0, detail: '' }, [lost]), undefined);
});

test('explanation: an error page needs a limit or the quarantine of the same app', () => {
  const events = [quarantined, released];
  assert.equal(explanation({ at: 20_000, app: 'a', status: 503, detail: '' }, events), quarantined.line);
  assert.equal(explanation({ at: 20_000, app: 'b', status: 503, detail: '' }, events), undefined);
  assert.equal(explanation({ at: 40_000, app: 'a', status: 503, detail: '' }, events), undefined);
});
