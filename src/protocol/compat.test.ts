import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPAT_FLAGS, FLAG_OF, compatDifferences, flagsInForce, isFlagOn } from './compat.ts';

const isOn = (name: string, date: string, ...flags: string[]): boolean => {
  const flag = FLAG_OF.get(name);
  assert.ok(flag);
  return isFlagOn(flag, date, flags);
};

test('table: every line is whole, every name stands once', () => {
  for (const { on, off, since, with: other, status, story } of COMPAT_FLAGS) {
    assert.match(on, /^[a-z0-9_-]+$/);
    assert.match(off ?? 'none', /^[a-z0-9_-]+$/, on);
    assert.match(since ?? '2020-01-01', /^20\d\d-\d\d-\d\d$/, on);
    assert.ok(['acted', 'always', 'none', 'unsupported'].includes(status), on);
    assert.match(story, /^[^|]+\.$/, on);
    if (other !== undefined) assert.ok(FLAG_OF.has(other), on);
  }
  assert.equal(
    FLAG_OF.size,
    COMPAT_FLAGS.reduce((sum, flag) => sum + (flag.off === undefined ? 1 : 2), 0),
  );
});

test('flagsInForce: a line for each flag, and how things are here', () => {
  const lines = flagsInForce('2022-03-20', ['expose_global_message_channel']).split('\n');
  assert.equal(lines.length, COMPAT_FLAGS.length);
  const has = (line: string): boolean => lines.includes(line);
  // By the date; by name; built one way only; not built at all.
  assert.ok(has('global_navigator 0') && has('formdata_parser_supports_files 1') && has('expose_global_message_channel 1'));
  assert.ok(has('urlpattern_standard 1') && has('html_rewriter_treats_esi_include_as_void_tag 0'));
  assert.ok(flagsInForce('2026-01-01', ['html_rewriter_treats_esi_include_as_void_tag']).includes('html_rewriter_treats_esi_include_as_void_tag 0'));
});

test('isFlagOn: by date, by name, and against the date', () => {
  assert.deepEqual(
    [
      isOn('global_navigator', '2022-03-20'),
      isOn('global_navigator', '2022-03-21'),
      isOn('global_navigator', ''),
      isOn('global_navigator', '2021-01-01', 'global_navigator'),
      isOn('global_navigator', '2026-01-01', 'no_global_navigator'),
      isOn('enable_request_signal', ''),
      isOn('enable_request_signal', '2021-01-01', 'enable_request_signal'),
    ],
    [false, true, true, true, false, false, true],
  );
});

test('isFlagOn: a flag that comes with another needs its date and that other', () => {
  assert.deepEqual(
    [
      isOn('nodejs_zlib', '2024-09-22', 'nodejs_compat'),
      isOn('nodejs_zlib', '2024-09-23', 'nodejs_compat'),
      isOn('nodejs_zlib', '2024-09-23'),
      isOn('nodejs_zlib', '2024-09-23', 'nodejs_compat', 'no_nodejs_zlib'),
    ],
    [false, true, false, false],
  );
});

test('compatDifferences: nothing for a new app, what is acted on for others', () => {
  assert.deepEqual(compatDifferences('', []), []);
  assert.deepEqual(compatDifferences('2026-11-01', ['url_original']), []);
  assert.deepEqual(compatDifferences('2026-11-01', ['enable_request_signal', 'no_global_navigator']), ['global_navigator', 'enable_request_signal']);
  assert.ok(compatDifferences('2021-01-01', []).includes('formdata_parser_supports_files'));
});
