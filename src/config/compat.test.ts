import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flagProblems } from './compat.ts';

const said = (date: string, ...flags: string[]): string[] => flagProblems(date, flags).map(({ severity, message }) => `${severity}: ${message}`);

test('flagProblems: nothing for flags that are followed', () => {
  assert.deepEqual(said('2025-01-01', 'enable_request_signal', 'no_global_navigator', 'global_fetch_strictly_public'), []);
});

test('flagProblems: errors for flags that are unknown, doubled or contradict each other', () => {
  assert.deepEqual(said('2025-01-01', 'no_such_thing_at_all'), ['error: No such compatibility flag: no_such_thing_at_all.']);
  assert.equal(flagProblems('2025-01-01', ['nodejs_compatt'])[0]?.hint, 'Did you mean nodejs_compat?');
  assert.deepEqual(said('2021-01-01', 'global_navigator', 'global_navigator'), ['error: Compatibility flag specified multiple times: global_navigator.']);
  assert.deepEqual(said('2021-01-01', 'global_navigator', 'no_global_navigator'), [
    'error: Compatibility flags are mutually contradictory: global_navigator vs no_global_navigator.',
  ]);
});

test('flagProblems: warnings for flags that change nothing', () => {
  assert.deepEqual(said('2025-01-01', 'url_original', 'nodejs_compat', 'global_navigator'), [
    'warning: The compatibility flag url_original has no effect: what url_standard stands for holds at every date.',
    'warning: The compatibility flag nodejs_compat is not supported yet.',
    'warning: The compatibility flag global_navigator became the default as of 2022-03-21 so does not need to be specified anymore.',
  ]);
});
