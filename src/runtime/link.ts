/**
 * The link from the core to the chunks: whoever needs a part of the runtime that is not in the
 * start-up snapshot asks here for the chunk that has it, which is loaded when it is not there yet.
 *
 * Contract: the core reaches a chunk through `chunk` and `peek` only, a chunk the chunks it does not
 * need likewise. Each entry in chunks/ declares what it offers by adding to the interface `Chunks`, so
 * that this file imports none of them. The original `eval` stays in this file: tenants must not reach it.
 */
import { CHUNK_NAMES, CHUNKS, type ChunkName } from '../protocol/chunks.ts';
import {
  ErrorCtor,
  ObjectDefineProperty,
  ReflectApply,
  ReflectDefineProperty,
  ReflectGetOwnPropertyDescriptor,
  ReflectOwnKeys,
  StringPrototypeSplit,
} from './primordials.ts';

/** What each chunk offers, declared by its entry. */
// biome-ignore lint/suspicious/noEmptyInterface: the entries in chunks/ fill it
export interface Chunks {}

/** The script of a chunk comes to this: a function of what it imports from the core and other chunks. */
type Run = (parts: Parts) => void;
/** What the core, and each chunk that others need, hands to scripts: lists made by the build. */
type Parts = Record<string, () => readonly unknown[]>;
type Globals = Record<string, unknown>;

const scope = globalThis as unknown as Record<string, unknown> & { eval: (source: string) => unknown };
// Indirect, so that scripts see the global scope and nothing of the runtime's.
const evaluate = scope.eval;
const parts = {} as Parts;
const loaded = {} as { [K in ChunkName]: Chunks[K & keyof Chunks] | undefined };
const globalsOf = {} as Record<string, Globals>;
const placeholders = {} as Record<string, unknown>;
// Own properties from the start, so that a lookup never ends at an Object.prototype that a tenant has changed.
for (let i = 0; i < CHUNK_NAMES.length; i++) loaded[CHUNK_NAMES[i] as ChunkName] = undefined;

let sourceOf = (name: string): string => {
  throw new ErrorCtor(`The chunk "${name}" is not loaded.`);
};

/** Says where the scripts of chunks come from. */
export function setChunkSource(source: (name: string) => string): void {
  sourceOf = source;
}

/** What a chunk offers. Loads it on first use. */
export function chunk<K extends keyof Chunks & ChunkName>(name: K): Chunks[K] {
  return (loaded[name] as Chunks[K] | undefined) ?? load(name);
}

/** What a chunk offers if it is loaded: where it is not, no object of its classes exists. */
export function peek<K extends keyof Chunks & ChunkName>(name: K): Chunks[K] | undefined {
  return loaded[name] as Chunks[K] | undefined;
}

function load<K extends keyof Chunks & ChunkName>(name: K): Chunks[K] {
  const { needs } = CHUNKS[name];
  for (let i = 0; i < needs.length; i++) loadChunk(needs[i] as ChunkName, undefined);
  install(evaluate(sourceOf(name)) as Run);
  return loaded[name] as Chunks[K];
}

/** Loads a chunk that is not there yet; from its script's text, where the caller has it. */
export function loadChunk(name: ChunkName, source: string | undefined): void {
  if (loaded[name] !== undefined) return;
  if (source === undefined) load(name as keyof Chunks);
  else install(evaluate(source) as Run);
}

/** Runs what the script of a chunk came to. */
export function install(run: Run): void {
  ReflectApply(run, undefined, [parts]);
}

/** Called by the build's own entry of the core: what chunks import of it. */
export function definePart(name: string, part: () => readonly unknown[]): void {
  parts[name] = part;
}

/** Called at the end of a chunk's entry: what it offers, and the values of its globals. */
export function provide<K extends keyof Chunks & ChunkName>(name: K, offers: Chunks[K], globals: Globals = {}): void {
  loaded[name] = offers as never;
  globalsOf[name] = globals;
  const names = ReflectOwnKeys(globals) as string[];
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string;
    const found = ReflectGetOwnPropertyDescriptor(scope, key);
    // The app may have put something of its own there.
    if (found?.get === undefined || found.get !== placeholders[key]) continue;
    ReflectDefineProperty(scope, key, { value: globals[key], writable: true, enumerable: found.enumerable === true, configurable: true });
  }
}

/** Puts stand-ins for the globals of every chunk into the global scope: they load the chunk and give way to its values. */
export function definePlaceholders(): void {
  for (let i = 0; i < CHUNK_NAMES.length; i++) {
    const name = CHUNK_NAMES[i] as ChunkName;
    const { interfaces, members } = CHUNKS[name];
    if (interfaces !== undefined) defineEach(name, interfaces, false);
    if (members !== undefined) defineEach(name, members, true);
  }
}

function defineEach(chunkName: ChunkName, text: string, enumerable: boolean): void {
  const names = StringPrototypeSplit(text, ' ');
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    // An object literal's accessor, which is no constructor and has the right name.
    const accessor = {
      get [name](): unknown {
        chunk(chunkName as keyof Chunks);
        return (globalsOf[chunkName] as Globals)[name];
      },
      set [name](value: unknown) {
        const isGlobal = this === undefined || (this as unknown) === scope;
        ObjectDefineProperty(isGlobal ? scope : this, name, { value, writable: true, enumerable: enumerable || !isGlobal, configurable: true });
      },
    };
    const { get, set } = ReflectGetOwnPropertyDescriptor(accessor, name) as PropertyDescriptor;
    placeholders[name] = get;
    ObjectDefineProperty(scope, name, { get, set, enumerable, configurable: true } as PropertyDescriptor);
  }
}
