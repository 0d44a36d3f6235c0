/**
 * The link from the core to the chunks: whoever needs a part of the runtime that is not in the
 * start-up snapshot asks here for the chunk that has it, which is loaded when it is not there yet.
 *
 * Contract: the core reaches a chunk through `chunk` and `peek` only, a chunk the chunks it does not
 * need likewise. Each entry in chunks/ declares what it offers by adding to the interface `Chunks`, so
 * that this file imports none of them. The original `eval` stays in this file: tenants must not reach it.
 */
import {
  ErrorCtor,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
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

/** The script of a chunk comes to this: a function of what it imports from the core and other chunks, and of what loads those it needs. */
type Run = (parts: Parts, need: (name: string) => void) => void;
/** What the core, and each chunk that others need, hands to scripts: lists made by the build. */
type Parts = Record<string, readonly unknown[] | (() => readonly unknown[])>;

const scope = globalThis as unknown as Record<string, unknown> & { eval: (source: string) => unknown };
// Indirect, so that scripts see the global scope and nothing of the runtime's.
const evaluate = scope.eval;
// Without a prototype, so that a lookup never ends at an Object.prototype that a tenant has changed.
const parts = { __proto__: null } as unknown as Parts;
const loaded = { __proto__: null } as unknown as Partial<Chunks>;
/** The accessors that stand for globals: name → getter. */
const placeholders = new MapCtor<string, unknown>();
/** Values of globals that could not be defined, since the app has frozen its global object. */
const stuck = new MapCtor<string, unknown>();
/** Are globals defined at all (in tests they are not), and may there be some of the app's own? */
let areGlobalsOpen = false;
let isSealed = false;

let sourceOf = (name: string): string => {
  throw new ErrorCtor(`The chunk "${name}" is not loaded.`);
};

/** Says where the scripts of chunks come from. */
export function setChunkSource(source: (name: string) => string): void {
  sourceOf = source;
}

/** From now on chunks define their globals. Called by main.ts. */
export function openGlobals(): void {
  areGlobalsOpen = true;
}

/** Tenant code comes next. */
export function sealGlobals(): void {
  isSealed = true;
}

/** What a chunk offers. Loads it on first use. */
export function chunk<K extends keyof Chunks>(name: K): Chunks[K] {
  if (loaded[name] === undefined) loadChunk(name);
  return loaded[name] as Chunks[K];
}

/** What a chunk offers if it is loaded: where it is not, no object of its classes exists. */
export function peek<K extends keyof Chunks>(name: K): Chunks[K] | undefined {
  return loaded[name];
}

/** Loads a chunk that is not there yet; from its script's text, where the caller has it. */
export function loadChunk(name: string, source: string | undefined = undefined): void {
  if (loaded[name as keyof Chunks] === undefined) install(evaluate(source ?? sourceOf(name)) as Run);
}

/** Runs what the script of a chunk came to. */
export function install(run: Run): void {
  ReflectApply(run, undefined, [parts, loadChunk]);
}

/** Called by the build's own entries: what others import of a script. */
export function definePart(name: string, part: () => readonly unknown[]): void {
  parts[name] = part;
}

/** An operation of the global scope under its own name, which minification takes away. */
export function named<T>(name: string, value: T): T {
  return typeof value === 'function' ? ObjectDefineProperty(value, 'name', { value: name, configurable: true }) : value;
}

/** Called at the end of a chunk's entry: what it offers, and the values of its globals. */
export function provide<K extends keyof Chunks>(name: K, offers: Chunks[K], globals: Record<string, unknown> = {}): void {
  loaded[name] = offers;
  if (!areGlobalsOpen) return;
  const names = ReflectOwnKeys(globals) as string[];
  for (let i = 0; i < names.length; i++) {
    const key = names[i] as string;
    const value = isEnumerable(key) ? named(key, globals[key]) : globals[key];
    if (isSealed) {
      const found = ReflectGetOwnPropertyDescriptor(scope, key);
      // The app has put something of its own there, or taken the stand-in away.
      if (found?.get !== MapPrototypeGet(placeholders, key) || (found?.get === undefined && found !== undefined)) continue;
    }
    if (!ReflectDefineProperty(scope, key, { value, writable: true, enumerable: isEnumerable(key), configurable: true })) MapPrototypeSet(stuck, key, value);
  }
}

/** Operations and attributes are enumerable, interface objects are not. @see https://webidl.spec.whatwg.org/#define-the-global-property-references */
const isEnumerable = (name: string): boolean => (name[0] as string) >= 'a';

/**
 * Puts stand-ins for globals into the scope, which load their chunk and give way to its values.
 * @param table a line for each chunk: its name, then those of its globals
 */
export function definePlaceholders(table: string): void {
  const lines = StringPrototypeSplit(table, '\n');
  for (let i = 0; i < lines.length; i++) {
    const names = StringPrototypeSplit(lines[i] as string, ' ');
    if (loaded[names[0] as keyof Chunks] !== undefined) continue;
    for (let j = 1; j < names.length; j++) definePlaceholder(names[0] as keyof Chunks, names[j] as string);
  }
}

function definePlaceholder(owner: keyof Chunks, name: string): void {
  const enumerable = isEnumerable(name);
  // An object literal's accessor, which is no constructor and has the right name.
  const accessor = {
    get [name](): unknown {
      chunk(owner);
      const found = ReflectGetOwnPropertyDescriptor(scope, name);
      return found !== undefined && 'value' in found ? found.value : MapPrototypeGet(stuck, name);
    },
    set [name](value: unknown) {
      const isGlobal = this === undefined || (this as unknown) === scope;
      ObjectDefineProperty(isGlobal ? scope : this, name, { value, writable: true, enumerable: enumerable || !isGlobal, configurable: true });
    },
  };
  const { get, set } = ReflectGetOwnPropertyDescriptor(accessor, name) as PropertyDescriptor;
  MapPrototypeSet(placeholders, name, get);
  ObjectDefineProperty(scope, name, { get, set, enumerable, configurable: true } as PropertyDescriptor);
}
