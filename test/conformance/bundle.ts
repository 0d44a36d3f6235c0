/** One test as the bundle of an app: inside.js, and a main module of harness and test. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assembleBundle } from '../../src/build/assemble.ts';
import type { Bundle } from '../../src/protocol/bundle.ts';
import { harnessSource, idlHarnessSource, substitute } from './harness.ts';
import type { Test } from './inventory.ts';
import { dataFiles, HARNESS_SCRIPTS, IDL_HARNESS } from './references.ts';
import { joinScripts } from './scope.ts';
import { strictOf } from './sloppy.ts';
import { isStrictCode } from './syntax.ts';
import { parseMeta, resolveReference, type Suite } from './suite.ts';

const INSIDE = readFileSync(join(import.meta.dirname, 'inside.js'), 'utf8');
const MAX_BYTES = 100 * 1024 * 1024;
/** A test in these folders writes URLs relative to its own. */
const RELATIVE_URLS = /^(?:fetch|xhr|websockets|eventsource)\//;

/** Milliseconds a test may take before it counts as timed out. */
export function deadlineOf(test: Test): number {
  return test.isLong ? 60_000 : 10_000;
}

/**
 * @param origin where the suite's files are: origin.ts, or the sidecar for tests that need it
 * @throws Error where the test cannot be made strict
 */
export async function bundleTest(suite: Suite, test: Test, origin: string): Promise<Bundle> {
  const main = mainModule(suite, test, origin);
  const modules = [
    { name: 'index.js', type: 'esm' as const, content: main },
    { name: 'inside.js', type: 'esm' as const, content: INSIDE },
  ];
  return assembleBundle({ main: 'index.js', modules, maxBytes: MAX_BYTES });
}

function mainModule(suite: Suite, test: Test, origin: string): string {
  const { head, code } = joinScripts(scriptsOf(suite, test, origin).map(strictOf));
  if (!isStrictCode(code)) throw new Error('the test is no strict code');
  const { title } = parseMeta(suite.text(test.path) ?? '');
  const resolves = RELATIVE_URLS.test(test.path) || test.kind === 'server';
  const config = {
    base: `${origin}/${test.path.replace(/\.any\.js$/, '.any.worker.html')}${test.variant}`,
    title,
    resolves,
    fetches: resolves || dataFiles(suite, test.path).length > 0,
    deadline: deadlineOf(test),
  };
  return [
    'import { evaluate, expressions, onLoad, receiver, serve, silentDelete, silentSet } from "./inside.js";',
    `// ${interfaceNames(suite, test.path).join(' ')}`,
    `export default serve(${JSON.stringify(config)}, harness, body);`,
    `function harness() {\n${harnessSource(suite)}\n}`,
    `function body() {\n${head}\n${code}\n}`,
  ].join('\n');
}

/** The helper scripts, then the test. */
function scriptsOf(suite: Suite, test: Test, origin: string): string[] {
  const source = suite.text(test.path) ?? '';
  const scripts: string[] = [];
  for (const script of parseMeta(source).scripts) {
    const name = resolveReference(test.path, script);
    if (HARNESS_SCRIPTS.has(name)) continue;
    const text = suite.text(name) ?? '';
    if (name === IDL_HARNESS) scripts.push(idlHarnessSource(text));
    else scripts.push(/\.sub\./.test(name) || script.includes('pipe=sub') ? substitute(text, origin) : text);
  }
  return [...scripts, /\.sub\./.test(test.path) ? substitute(source, origin) : source];
}

/**
 * The interfaces of the IDL files that a test reads. An app has a global from the start when its sources name it, and
 * these tests name theirs only in what they fetch.
 */
function interfaceNames(suite: Suite, path: string): string[] {
  const idl = dataFiles(suite, path).filter((name) => name.endsWith('.idl'));
  return idl.flatMap((name) => [...(suite.text(name) ?? '').matchAll(/^(?:partial )?interface (?:mixin )?(\w+)/gm)].map(([, found = '']) => found));
}
