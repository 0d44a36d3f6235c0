/**
 * What an engine process may do and see: it runs tenants, so that is as little as possible. No child processes,
 * no worker threads; it reads the package and its folders of the data folder, writes these, and finds an almost empty environment.
 */
import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ISOLATE_FLAGS } from '../isolate/flags.ts';
import { fileNameOf } from '../storage/paths.ts';

/** The descriptor by which an engine finds the listening socket; 3 is the message channel. */
export const LISTEN_FD = 4;

/** Name look-ups, compression and slow cryptography share these threads: one tenant's must not hold up all others'. */
const THREADS = '16';

/**
 * In the small heaps of isolates V8 takes what a burst of requests has in hand for what will last, and makes its like in the old
 * space from then on, where only a full collection finds them: streams and all that hangs on them, for one.
 */
const YOUNG_STAY_YOUNG = '--no-allocation-site-pretenuring';

/** With an arena for each of many threads, the C library keeps what ended isolates have given back. */
const ARENAS = '2';

/** What engines use to raise walls around themselves, and give up then; see walls/. */
const HAS_FFI = isBuiltin('node:ffi');

/** Variables with nothing secret in them that Node, OpenSSL or the output need. */
const KEPT_VARIABLES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'NO_COLOR', 'TERM', 'SystemRoot'];

/** `src/server/engine.ts`, or what it was compiled to. */
export function defaultEngineFile(): string {
  return siblingFile('engine');
}

/** A program beside this file, or what it was compiled to. */
export function siblingFile(name: string): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${name}.${ending}`, import.meta.url));
}

/** The folder of this package. */
export function packageDir(): string {
  let dir = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(dir, 'package.json')) && dirname(dir) !== dir) dir = dirname(dir);
  return dir;
}

/** What of the data folder engines use. The rest is not theirs to see: keys of secrets, for one. */
export const ENGINE_FOLDERS = ['bundles', 'run', 'storage'] as const;

/** What of these folders is one engine's own; all of a folder where nothing is said. */
export type EngineOwn = { ledgerFile?: string /** The folder of its trust group's stores. */; storageDir?: string | undefined };

/** @param readable further files and folders the engine may read @param own must be there when it starts */
export function engineExecArgv(dataDir: string, readable: readonly string[] = [], own: EngineOwn = {}): string[] {
  // node-gyp-build asks for the file to tell which C library there is, and does not survive a refusal.
  // The folder of dependencies may be a link to somewhere else.
  const data = [join(dataDir, 'bundles'), own.ledgerFile ?? join(dataDir, 'run'), own.storageDir ?? join(dataDir, 'storage')];
  // The times of its threads tell who has used the CPU, and who has waited for it.
  const reads = [codeRoot(packageDir()), join(packageDir(), 'node_modules'), ...readable, ...data, '/etc/alpine-release'];
  const flags = [...ISOLATE_FLAGS, YOUNG_STAY_YOUNG, '--permission', '--allow-addons', '--allow-net'];
  flags.push('--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning', '--disable-warning=PERM0001');
  if (HAS_FFI) flags.push('--allow-ffi', '--disable-warning=PERM0003');
  for (const path of new Set([...reads.map(realPath), '/proc/self/task'])) flags.push(`--allow-fs-read=${path}`);
  for (const path of data) flags.push(`--allow-fs-write=${realPath(path)}`);
  return flags;
}

/** The folder that a group's engines have their stores in; made here, since what is not there when they start they never see. */
export function groupStorage(root: string, group: string | undefined): string | undefined {
  if (group === undefined) return undefined;
  const dir = join(root, fileNameOf(group));
  mkdirSync(dir, { recursive: true });
  return dir;
}

/** What the front may do: take connections and make some. It runs no tenant's code. */
export function frontExecArgv(): string[] {
  const flags = ['--permission', '--allow-net', '--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning'];
  if (HAS_FFI) flags.push('--allow-ffi', '--disable-warning=PERM0003');
  for (const path of new Set([codeRoot(packageDir()), join(packageDir(), 'node_modules')].map(realPath))) flags.push(`--allow-fs-read=${path}`);
  return flags;
}

/** What the store process may do: use its own files, and listen where engines find it. It runs no tenant's code. */
export function storeExecArgv(root: string, socketDir: string): string[] {
  const flags = ['--permission', '--allow-net', '--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning'];
  if (HAS_FFI) flags.push('--allow-ffi', '--disable-warning=PERM0003');
  for (const path of new Set([codeRoot(packageDir()), join(packageDir(), 'node_modules'), root, socketDir].map(realPath)))
    flags.push(`--allow-fs-read=${path}`);
  for (const path of [root, socketDir]) flags.push(`--allow-fs-write=${realPath(path)}`);
  return flags;
}

/** What the router of SQL processes may do: listen where engines find it, start its workers, and see how large they are. */
export function sqlExecArgv(socketDir: string): string[] {
  const flags = ['--permission', '--allow-net', '--allow-child-process', '--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning'];
  for (const path of new Set([codeRoot(packageDir()), join(packageDir(), 'node_modules'), socketDir, '/proc'].map(realPath)))
    flags.push(`--allow-fs-read=${path}`);
  flags.push(`--allow-fs-write=${realPath(socketDir)}`);
  return flags;
}

/** What a SQL process may do: use the files of its databases. Its heap is small; a query that needs more ends it. */
export function sqlWorkerExecArgv(root: string): string[] {
  const flags = ['--permission', '--max-old-space-size=256', '--max-semi-space-size=4'];
  flags.push('--disable-warning=SecurityWarning', '--disable-warning=ExperimentalWarning');
  if (HAS_FFI) flags.push('--allow-ffi', '--disable-warning=PERM0003');
  for (const path of new Set([codeRoot(packageDir()), join(packageDir(), 'node_modules'), root].map(realPath))) flags.push(`--allow-fs-read=${path}`);
  flags.push(`--allow-fs-write=${realPath(root)}`);
  return flags;
}

export function engineEnv(env: Readonly<Record<string, string | undefined>> = process.env): Record<string, string> {
  // Workers run in UTC; the isolates take the time zone of their process.
  const kept: Record<string, string> = { TZ: 'UTC', UV_THREADPOOL_SIZE: THREADS, MALLOC_ARENA_MAX: ARENAS };
  for (const name of KEPT_VARIABLES) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** Installed as a dependency, the packages we need lie beside us: the outermost node_modules holds them all. */
function codeRoot(dir: string): string {
  const parts = realPath(dir).split(sep);
  const at = parts.indexOf('node_modules');
  return at === -1 ? parts.join(sep) : parts.slice(0, at + 1).join(sep);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
