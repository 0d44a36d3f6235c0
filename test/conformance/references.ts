/** The data files that a test names: they travel in its bundle, since a worker has no server of its own. */
import { parseMeta, resolveReference, type Suite } from './suite.ts';

/** Scripts of the harness itself: brought in by other means. */
export const HARNESS_SCRIPTS: ReadonlySet<string> = new Set([
  'resources/testharness.js',
  'resources/testharnessreport.js',
  'resources/testdriver.js',
  'resources/testdriver-vendor.js',
]);
export const IDL_HARNESS = 'resources/idlharness.js';

/** String literals in the test or its scripts that name an existing data file, and the interfaces of its idl_test(). */
export function dataFiles(suite: Suite, path: string): string[] {
  const source = suite.text(path) ?? '';
  const found = new Set(namedFiles(suite, path, source));
  for (const script of parseMeta(source).scripts) {
    const name = resolveReference(path, script);
    if (HARNESS_SCRIPTS.has(name) || name === IDL_HARNESS) continue;
    for (const file of namedFiles(suite, path, suite.text(name) ?? '')) found.add(file);
  }
  return [...found].sort();
}

function* namedFiles(suite: Suite, path: string, text: string): Iterable<string> {
  for (const [, literal = ''] of text.matchAll(/["'`]([^"'`\s\\${}]{1,200})["'`]/g)) {
    const name = literal.replace(/[?#].*$/, '');
    if (!/\.[a-z0-9]{2,5}$/i.test(name) || /^[a-z]+:/i.test(name) || /\.(?:js|mjs|py)$/.test(name)) continue;
    const file = resolveReference(path, name);
    if (!file.startsWith('..') && suite.hasFile(file)) yield file;
  }
  for (const [, tested = '', needed = ''] of text.matchAll(/idl_test\s*\(\s*\[([^\]]*)\]\s*,\s*\[([^\]]*)\]/g)) {
    for (const [, name = ''] of `${tested},${needed}`.matchAll(/['"]([^'"]+)['"]/g)) {
      const file = `interfaces/${name}.idl`;
      if (suite.hasFile(file)) yield file;
    }
  }
}
