import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Grants } from '../protocol/store.ts';
import { StoreGrants } from './store-grants.ts';

type Row = Parameters<StoreGrants['setApps']>[0][number];

const app = (name: string, group: string, ...ids: string[]): Row => ({
  name,
  group,
  bindings: ids.map((id) => ({ name: id.toUpperCase(), type: 'kv' as const, options: { id } })),
});

function setUp(): { grants: StoreGrants; told: Grants[]; pass(): void } {
  const told: Grants[] = [];
  const timers: (() => void)[] = [];
  const clock = { now: () => 0, after: (_ms: number, run: () => void) => (timers.push(run), () => {}) };
  const grants = new StoreGrants({ clock, tell: async (news) => void told.push(news) });
  return {
    grants,
    told,
    pass: () => {
      for (const run of timers.splice(0)) run();
    },
  };
}

test('grants: each group is let to what its apps are bound to, and to their caches', async () => {
  const { grants, told } = setUp();
  await grants.setApps([app('cart', 'shop', 'carts'), app('page', 'guests', 'notes'), { ...app('jobs', 'shop'), consumers: [{}] as never }]);
  assert.deepEqual(told, [
    {
      groups: [
        {
          group: 'shop',
          apps: ['cart', 'jobs'],
          stores: [
            ['kv', 'carts'],
            ['cache', 'cart'],
            ['queues', 'queues'],
            ['cache', 'jobs'],
          ],
        },
        {
          group: 'guests',
          apps: ['page'],
          stores: [
            ['kv', 'notes'],
            ['cache', 'page'],
          ],
        },
      ],
      first: undefined,
    },
  ]);
});

test('grants: what has gone is let through for a while, and then not', async () => {
  const { grants, told, pass } = setUp();
  await grants.setApps([app('page', 'guests', 'old')]);
  await grants.setApps([app('page', 'guests', 'new')]);
  const ids = (): string[] => (told.at(-1)?.groups[0]?.stores ?? []).map(([, id]) => id);
  assert.deepEqual(ids(), ['old', 'page', 'new']);
  pass();
  assert.deepEqual(ids(), ['page', 'new']);
});

test('grants: nothing is told when nothing has changed', async () => {
  const { grants, told } = setUp();
  await grants.setApps([app('page', 'guests', 'notes')]);
  await grants.setApps([app('page', 'guests', 'notes')]);
  assert.equal(told.length, 1);
});

test('grants: the first group is remembered', async () => {
  const { grants, told } = setUp();
  await grants.setApps([]);
  await grants.setApps([app('page', 'guests')]);
  await grants.setApps([app('page', 'guests'), app('cart', 'shop')]);
  assert.deepEqual(
    told.map(({ first }) => first),
    [undefined, 'guests', 'guests'],
  );
});

test('grants: what comes back while it is forgotten stays, and a group without apps goes', async () => {
  const { grants, told, pass } = setUp();
  await grants.setApps([app('page', 'guests', 'a'), app('cart', 'shop', 'c')]);
  await grants.setApps([app('page', 'guests', 'b')]);
  await grants.setApps([app('page', 'guests', 'a')]);
  assert.deepEqual(
    told.at(-1)?.groups.map(({ group, apps, stores }) => [group, apps, stores.map(([, id]) => id)]),
    [
      ['guests', ['page'], ['a', 'page', 'b']],
      ['shop', ['cart'], ['c', 'cart']],
    ],
  );
  pass();
  assert.deepEqual(
    told.at(-1)?.groups.map(({ group, stores }) => [group, stores.map(([, id]) => id)]),
    [['guests', ['a', 'page']]],
  );
});

test('grants: what a change costs does not grow with the changes before it', async (t) => {
  const { grants } = setUp();
  const others = Array.from({ length: 100 }, (_, at) => app(`app-${at}`, 'default', `id-${at}`));
  const change = (round: number): Promise<void> => grants.setApps([...others, app('evil', 'default', `${round}`)]);
  for (let round = 0; round < 100; round++) await change(round);
  const set = t.mock.method(Map.prototype, 'set');
  await change(100);
  const count = set.mock.callCount();
  set.mock.restore();
  assert.ok(count < 2000, `${count} entries`);
});
