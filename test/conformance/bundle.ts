/** One test as the bundle of an app: inside.js, and a main module of harness and test. */
import { readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { assembleBundle } from '../../src/build/assemble.ts';
import type { Bundle } from '../../src/protocol/bundle.ts';
import { harnessSource, idlHarnessSource, NOWHERE, substitute } from './harness.ts';
import type { Test } from './inventory.ts';
import { dataFiles, HARNESS_SCRIPTS, IDL_HARNESS } from './references.ts';
import { joinScripts } from './scope.ts';
import { strictOf } from './sloppy.ts';
import { isStrictCode } from './syntax.ts';
import { parseMeta, resolveReference, type Suite } from './suite.ts';

const INSIDE = readFileSync(join(import.meta.dirname, 'inside.js'), 'utf8');
const MAX_BYTES = 100 * 1024 * 1024;
/** Larger files are videos that no test reads. */
const MAX_FILE_BYTES = 4 * 1024 * 1024;
/** A test in these folders writes URLs relative to its own. */
const RELATIVE_URLS = /^(?:fetch|xhr|websockets|eventsource)\//;

const TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
  '.idl': 'text/plain',
  '.png': 'image/png',
  '.xml': 'text/xml',
  '.csv': 'text/csv',
};

/** Milliseconds a test may take before it counts as timed out. */
export function deadlineOf(test: Test): number {
  return test.isLong ? 60_000 : 10_000;
}

/**
 * @param server the sidecar's URL, for tests that need one
 * @throws Error where the test cannot be made strict
 */
export async function bundleTest(suite: Suite, test: Test, server: string | undefined): Promise<Bundle> {
  const main = mainModule(suite, test, server);
  const modules = [
    { name: 'index.js', type: 'esm' as const, content: main },
    { name: 'inside.js', type: 'esm' as const, content: INSIDE },
  ];
  return assembleBundle({ main: 'index.js', modules, maxBytes: MAX_BYTES });
}

function mainModule(suite: Suite, test: Test, server: string | undefined): string {
  const { head, code } = joinScripts(scriptsOf(suite, test, server).map(strictOf));
  if (!isStrictCode(code)) throw new Error('the test is no strict code');
  const { title } = parseMeta(suite.text(test.path) ?? '');
  const config = {
    base: `${server === undefined ? NOWHERE : new URL(server).origin}/${test.path.replace(/\.any\.js$/, '.any.worker.html')}${test.variant}`,
    title,
    resolves: RELATIVE_URLS.test(test.path) || server !== undefined,
    files: filesOf(suite, test.path),
    deadline: deadlineOf(test),
  };
  return [
    'import { evaluate, expressions, onLoad, serve, silentDelete, silentSet } from "./inside.js";',
    `export default serve(${JSON.stringify(config)}, harness, body);`,
    `function harness() {\n${harnessSource(suite)}\n}`,
    `function body() {\n${head}\n${code}\n}`,
  ].join('\n');
}

/** The helper scripts, then the test. */
function scriptsOf(suite: Suite, test: Test, server: string | undefined): string[] {
  const source = suite.text(test.path) ?? '';
  const scripts: string[] = [];
  for (const script of parseMeta(source).scripts) {
    const name = resolveReference(test.path, script);
    if (HARNESS_SCRIPTS.has(name)) continue;
    const text = suite.text(name) ?? '';
    if (name === IDL_HARNESS) scripts.push(idlHarnessSource(text));
    else scripts.push(/\.sub\./.test(name) || script.includes('pipe=sub') ? substitute(text, server) : text);
  }
  return [...scripts, /\.sub\./.test(test.path) ? substitute(source, server) : source];
}

type FileRow = { content: string; isText: boolean; type: string };

function filesOf(suite: Suite, path: string): Record<string, FileRow> {
  const files: Record<string, FileRow> = {};
  for (const name of dataFiles(suite, path)) {
    const bytes = suite.bytes(name);
    if (bytes.length > MAX_FILE_BYTES) continue;
    const text = bytes.toString('utf8');
    // A byte order mark would be lost on the way.
    const isText = Buffer.from(text, 'utf8').equals(bytes) && !text.startsWith('\uFEFF');
    files[`/${name}`] = { content: isText ? text : bytes.toString('base64'), isText, type: TYPES[extname(name)] ?? 'application/octet-stream' };
  }
  return files;
}
