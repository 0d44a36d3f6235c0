import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Egress, OutboundRequest, OutboundResponse } from '../../ports/egress.ts';
import { EgressRefusedError } from '../network-errors.ts';
import { CountedEgress } from './counted.ts';

const REQUEST = { url: 'http://example.com/' } as OutboundRequest;

function counted(fetch: Egress['fetch']): { told: string[]; egress: Egress } {
  const told: string[] = [];
  const inner: Egress = { fetch, connect: () => Promise.reject(new Error('down')), startTls: () => Promise.reject(new Error('down')) };
  return { told, egress: new CountedEgress(inner, (outcome) => told.push(outcome)) };
}

test('counted: a request and each of its redirects are told of', async () => {
  const { told, egress } = counted(async (_request, onHop) => {
    onHop();
    return {} as OutboundResponse;
  });
  let hops = 0;
  await egress.fetch(REQUEST, () => hops++);
  assert.deepEqual([told, hops], [['ok', 'ok'], 1]);
});

test('counted: what the rules refuse is told apart from what fails', async () => {
  const { told, egress } = counted(() => Promise.reject(new EgressRefusedError('no')));
  await assert.rejects(
    egress.fetch(REQUEST, () => {}),
    EgressRefusedError,
  );
  await assert.rejects(egress.connect({ host: 'example.com', port: 1, secure: false }), /down/);
  assert.deepEqual(told, ['refused', 'failed']);
});
