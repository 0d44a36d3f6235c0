import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appRecord } from '../../test/support/app-record.ts';
import type { AppRecord } from '../protocol/engine.ts';
import { AppTable, ToldTable } from './app-table.ts';

const namesOf = (rows: readonly { name: string }[]): string[] => rows.map(({ name }) => name);

test('news: all at first, then what is new or otherwise and who has gone', () => {
  const told = new ToldTable();
  const [a, b, c] = ['a', 'b', 'c'].map((name) => appRecord(name)) as [AppRecord, AppRecord, AppRecord];
  assert.deepEqual(told.news([a, b]), { apps: [a, b], gone: [] });
  assert.deepEqual(told.news([structuredClone(a), b]), { apps: [], gone: [] });
  const otherB = { ...b, version: 'v2' };
  assert.deepEqual(told.news([a, otherB, c]), { apps: [otherB, c], gone: [] });
  assert.deepEqual(told.news([c]), { apps: [], gone: ['a', 'b'] });
  assert.deepEqual(told.news([c, b]), { apps: [b], gone: [] });
});

test('news: what a process makes of them is the table that it was to have, whatever came before', () => {
  const told = new ToldTable();
  const table = new AppTable();
  const tables = [[], ['a1', 'b1'], ['a2', 'b1', 'c1'], ['c1'], ['a1', 'b2', 'c2'], [], ['b1']];
  for (const names of tables) {
    const wanted = names.map((name) => appRecord(name[0] as string, { version: `v${name[1]}` }));
    table.change(JSON.parse(JSON.stringify(told.news(wanted))));
    const byName = (x: AppRecord, y: AppRecord): number => (x.name < y.name ? -1 : 1);
    assert.deepEqual([...table.rows].sort(byName), JSON.parse(JSON.stringify(wanted)));
  }
});

test('change: tells of other ways to apps; rows that stay are the same', () => {
  const table = new AppTable();
  const a = appRecord('a');
  const b = appRecord('b');
  assert.equal(table.change({ apps: [], gone: [] }), true, 'the first');
  assert.equal(table.change({ apps: [a, b], gone: [] }), true, 'new apps');
  assert.equal(table.change({ apps: [{ ...b, version: 'v2', state: 'quarantined' }], gone: [] }), false, 'another version');
  assert.equal(table.rows[0], a);
  for (const more of [{ routes: [{ pattern: 'b.example/*', customDomain: false }] }, { hosts: ['b.example'] }, { namespace: 'n' }, { group: 'guests' }])
    assert.equal(table.change({ apps: [{ ...b, ...more }], gone: [] }), true, JSON.stringify(more));
  assert.equal(table.change({ apps: [], gone: ['a'] }), true, 'one has gone');
  assert.deepEqual(namesOf(table.rows), ['b']);
});
