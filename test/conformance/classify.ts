/**
 * Can a worker run this test, and what does it need for that? Judged by the test's text, since the suite's own
 * metadata speaks of browsers only.
 */
import type { Kind } from './areas.ts';
import { dataFiles, HARNESS_SCRIPTS, IDL_HARNESS } from './references.ts';
import { parseMeta, resolveReference, type Suite } from './suite.ts';

/** Undefined: a worker cannot run it. */
export type Verdict = Kind | undefined;

/** These mention documents only behind a check, or in single subtests. */
const RUN_ANYWAY: ReadonlySet<string> = new Set([
  'FileAPI/file/File-constructor.any.js',
  'html/webappapis/structured-clone/structured-clone.any.js',
  'url/historical.any.js',
  'webidl/ecmascript-binding/global-object-implicit-this-value.any.js',
]);

/** Scripts whose own text says nothing about the test that loads them. */
const NEUTRAL_SCRIPT = /get-host-info\.sub\.js|resources\/utils\.js$|common\/utils\.js$|common\/gc\.js|subset-tests/;

/** What a worker has not: documents, workers, service workers, a driver for the browser, XMLHttpRequest. */
const OUT_OF_REACH: readonly RegExp[] = [
  /\bdocument\b\s*\.|createElement|\biframe\b|window\.open|\bnew Image\b/,
  /new (?:Shared)?Worker\s*\(|importScripts\s*\(/,
  /navigator\.serviceWorker|service_worker_|registration\.|skipWaiting/,
  /test_driver/,
  /XMLHttpRequest/,
];

/** Marks of a test that talks to the suite's server. */
const SERVED: readonly RegExp[] = [
  /\.py\b/,
  /\.asis\b/,
  /[?&]pipe=/,
  /get_host_info\s*\(|HTTP_REMOTE_ORIGIN|get-host-info/,
  /\{\{(?:host|ports|domains|hosts)/,
  /new WebSocket(?:Stream)?\s*\(/,
  /new EventSource\s*\(/,
];

export function classify(suite: Suite, path: string): Verdict {
  const source = suite.text(path) ?? '';
  const meta = parseMeta(source);
  if (path.includes('shadowrealm') || meta.globals.every((name) => name.includes('shadowrealm'))) return undefined;
  const code = codeOf(suite, path);
  if (code === undefined) return undefined;
  if (!RUN_ANYWAY.has(path) && OUT_OF_REACH.some((mark) => mark.test(code))) return undefined;
  const substituted = /\.sub\.(?:any\.)?js/.test(code + meta.scripts.filter((script) => !script.includes('get-host-info')).join());
  const fetches = /fetch\s*\(/.test(code);
  if (substituted || SERVED.some((mark) => mark.test(code)) || (fetches && /RESOURCES_DIR|CROSS_DOMAIN|remote/.test(code))) return 'server';
  const data = dataFiles(suite, path);
  if (data.length === 0) return /\bfetch\s*\(\s*["'`](?!data:|blob:|about:|http)/.test(code) ? 'server' : 'plain';
  return data.some((file) => /content-encoding/i.test(suite.text(`${file}.headers`) ?? '')) ? 'server' : 'plain';
}

/** The test and its helper scripts without comments; undefined where a script is missing. */
function codeOf(suite: Suite, path: string): string | undefined {
  const source = suite.text(path) ?? '';
  const parts = [source];
  for (const script of parseMeta(source).scripts) {
    const name = resolveReference(path, script);
    if (HARNESS_SCRIPTS.has(name) || name === IDL_HARNESS || name === 'resources/WebIDLParser.js') continue;
    const text = suite.text(name);
    if (text === undefined) return undefined;
    if (!NEUTRAL_SCRIPT.test(name)) parts.push(text);
  }
  return parts
    .join('\n')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|[^:"'`])\/\/.*$/gm, '$1');
}
