/**
 * Which chunks of the runtime an app will need: those whose globals its sources name.
 *
 * A word in a comment or a string counts, too: a chunk too many costs some memory, one too few is
 * loaded when the app first uses it.
 */
import { CHUNK_NAMES, CHUNKS, type ChunkName } from '../protocol/chunks.ts';

const chunkOf = new Map<string, ChunkName>();
for (const name of CHUNK_NAMES) {
  const { interfaces = '', members = '' } = CHUNKS[name];
  for (const global of `${interfaces} ${members}`.split(' ')) if (global !== '') chunkOf.set(global, name);
}
const WORDS = new RegExp(`\\b(?:${[...chunkOf.keys()].join('|')})\\b`, 'g');

/** The chunks that these sources call for, each after those it needs. */
export function chunksFor(sources: readonly string[]): ChunkName[] {
  const found = new Set<ChunkName>();
  for (const source of sources) {
    for (const [word] of source.matchAll(WORDS)) found.add(chunkOf.get(word) as ChunkName);
  }
  return withNeeds(found);
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
