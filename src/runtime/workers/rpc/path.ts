/** The path of a call, as text: "" for the target itself, ".name" for one of its properties, a JSON array of names for what lies deeper. */
import { jsonText } from '../../json-text.ts';
import { ArrayPrototypePush, JSONParse, StringPrototypeSlice, TypeErrorCtor } from '../../primordials.ts';

/** Names in a pipelined path. @see workerd, MAX_PROPERTY_DEPTH */
const MOST_NAMES = 64;

export function joinPath(names: readonly string[]): string {
  if (names.length === 0) return '';
  return names.length === 1 ? `.${names[0]}` : jsonText(names);
}

/** @throws TypeError for what `joinPath` does not make */
export function splitPath(path: string): string[] {
  if (path === '') return [];
  if (path[0] === '.') return [StringPrototypeSlice(path, 1)];
  const names = JSONParse(path) as unknown[];
  for (let i = 0; i < names.length; i++) if (typeof names[i] !== 'string') throw new TypeErrorCtor('Invalid path.');
  return names as string[];
}

/** The path one name further. @throws TypeError where that is too deep */
export function deeper(names: readonly string[], name: string): string[] {
  if (names.length >= MOST_NAMES) throw new TypeErrorCtor(`RPC pipelined property path is too deep (max ${MOST_NAMES}).`);
  const longer: string[] = [];
  for (let i = 0; i < names.length; i++) ArrayPrototypePush(longer, names[i] as string);
  ArrayPrototypePush(longer, name);
  return longer;
}
