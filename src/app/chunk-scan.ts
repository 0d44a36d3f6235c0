/**
 * Which chunks of the runtime an app will need: those whose globals its sources name.
 *
 * A word in a comment or a string counts, too: a chunk too many costs some memory, one too few is
 * loaded when the app first uses it.
 */
import { CHUNK_NAMES, CHUNKS, type ChunkName } from '../protocol/chunks.ts';

/** The globals of a chunk. */
const globalsOf = (name: ChunkName): string[] => {
  const { interfaces = '', members = '' } = CHUNKS[name];
  return `${interfaces} ${members}`.split(' ').filter((it) => it !== '');
};

/**
 * Ways to the global object. An app without any of them reaches only the globals it names; a timer's
 * handler and a global listener get it as `this`.
 */
const GLOBAL_OBJECT = ['globalThis', 'self', 'setTimeout', 'setInterval', 'addEventListener'];

const chunkOf = new Map(CHUNK_NAMES.flatMap((name) => globalsOf(name).map((global) => [global, name] as const)));
// Where clocks are coarse they need another one.
for (const name of ['Intl', 'Temporal']) chunkOf.set(name, 'calendar');
/** Names that are mostly the beginning of something else: of a header's name, and of what navigator.userAgent is compared with. */
const PATTERNS: Readonly<Record<string, string>> = { Cache: 'Cache(?!-Control)', Cloudflare: 'Cloudflare(?!-Workers)' };
const WORDS = new RegExp(
  `(?<![\\w$])(?:${[...new Set([...chunkOf.keys(), ...GLOBAL_OBJECT])].map((word) => PATTERNS[word] ?? word).join('|')})(?![\\w$])`,
  'g',
);

/** What an app's sources call for. */
export type Needs = {
  /** Chunks, each after those it needs. */
  chunks: ChunkName[];
  /** Could the app use globals that it does not name? */
  isDynamic: boolean;
};

export function scanSources(sources: readonly string[]): Needs {
  const found = new Set<ChunkName>();
  let isDynamic = false;
  for (const source of sources) {
    for (const [word] of source.matchAll(WORDS)) {
      const name = chunkOf.get(word);
      if (name !== undefined) found.add(name);
      isDynamic ||= GLOBAL_OBJECT.includes(word);
    }
  }
  return { chunks: withNeeds(found), isDynamic };
}

/** These chunks and all they need, in the order they are to be loaded in. */
export function withNeeds(names: Iterable<ChunkName>): ChunkName[] {
  const all = new Set<ChunkName>();
  for (const name of names) {
    for (const need of CHUNKS[name].needs) all.add(need);
    all.add(name);
  }
  return CHUNK_NAMES.filter((name) => all.has(name));
}

/** Has an app a chunk's globals, by its compatibility flags? @param compat those that are not as the newest date has them */
export function isThere(name: ChunkName, compat: readonly string[]): boolean {
  const { flag } = CHUNKS[name];
  return flag === undefined || !compat.includes(flag);
}

/** Every chunk and its globals, as `LoadConfig.globals` wants them. */
export function globalsTable(compat: readonly string[]): string {
  return compat.length === 0 ? GLOBALS_TABLE : tableOf(CHUNK_NAMES.filter((name) => isThere(name, compat)));
}

const tableOf = (names: readonly ChunkName[]): string =>
  names
    .map((name) => [name, ...globalsOf(name)].join(' '))
    .filter((line) => line.includes(' '))
    .join('\n');
const GLOBALS_TABLE = tableOf(CHUNK_NAMES);
