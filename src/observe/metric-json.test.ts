import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lasting, type MetricJson, mergeMetrics, parseMetrics } from './metric-json.ts';

const metric: MetricJson = { name: 'nano_requests_total', help: 'h', type: 'counter', aggregator: 'sum', values: [{ value: 1, labels: { app: 'a', le: 5 } }] };

test('parseMetrics: what an engine of ours sends', () => {
  const histogram = { ...metric, type: 'histogram', values: [{ value: 2, labels: {}, metricName: 'nano_seconds_bucket' }] };
  const all = [metric, histogram];
  assert.deepEqual(parseMetrics(JSON.stringify(all)), all);
});

test('parseMetrics: nothing of what is otherwise', async () => {
  const others: unknown[] = [null, 7, [], {}];
  for (const name of ['name', 'help', 'type', 'aggregator', 'values'])
    for (const value of [null, {}, 7, 'a b\n', [null]]) if (name !== 'help' || typeof value !== 'string') others.push({ ...metric, [name]: value });
  for (const value of [
    null,
    {},
    { value: 'x', labels: {} },
    { value: 1, labels: null },
    { value: 1, labels: { app: {} } },
    { value: 1, labels: { 'a"}': 'x' } },
    { value: 1, labels: {}, metricName: 'a b' },
    { value: 1, labels: {}, more: [] },
  ])
    others.push({ ...metric, values: [value] });
  for (const other of others) {
    const text = JSON.stringify([metric, other]);
    assert.deepEqual(parseMetrics(text), [], text);
    await mergeMetrics([lasting(parseMetrics(text))]).metrics();
  }
  for (const text of ['', 'x', 'null', '{}', '7']) assert.deepEqual(parseMetrics(text), []);
});
