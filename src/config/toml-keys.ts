/**
 * Where a key stands in a TOML file. The TOML parser keeps no positions, so this looks for them only when
 * there is something to report: table headers and `key =` at the start of a line, with strings and arrays
 * over several lines stepped over. Keys inside inline tables are found as their table.
 */

type Found = { line: number; column: number };

const KEY_PART = String.raw`(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')`;
const DOTTED = String.raw`${KEY_PART}(?:\s*\.\s*${KEY_PART})*`;
const HEADER = new RegExp(String.raw`^(\s*)(\[\[?)\s*(${DOTTED})\s*\]`);
const ASSIGNMENT = new RegExp(String.raw`^(\s*)(${DOTTED})\s*=`);

/** The position of a key, or undefined where the file does not spell it out. */
export function locateTomlKey(text: string, key: readonly (string | number)[]): Found | undefined {
  const wanted = JSON.stringify(key);
  const counts = new Map<string, number>();
  let table: (string | number)[] = [];
  let open: string | undefined;
  let depth = 0;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (open !== undefined || depth > 0) {
      ({ open, depth } = scan(line, open, depth));
      continue;
    }
    const header = HEADER.exec(line);
    if (header !== null) {
      table = indexed(split(header[3] ?? ''), counts, header[2] === '[[');
      if (JSON.stringify(table) === wanted || JSON.stringify(table.slice(0, key.length)) === wanted)
        return { line: index + 1, column: (header[1]?.length ?? 0) + 1 };
      continue;
    }
    const assignment = ASSIGNMENT.exec(line);
    if (assignment === null) continue;
    const path = [...table, ...split(assignment[2] ?? '')];
    if (JSON.stringify(path.slice(0, key.length)) === wanted) return { line: index + 1, column: (assignment[1]?.length ?? 0) + 1 };
    ({ open, depth } = scan(line.slice(assignment[0].length), undefined, 0));
  }
  return undefined;
}

function split(dotted: string): string[] {
  return [...dotted.matchAll(new RegExp(KEY_PART, 'g'))].map(([part]) => {
    if (part.startsWith("'")) return part.slice(1, -1);
    if (!part.startsWith('"')) return part;
    try {
      return String(JSON.parse(part));
    } catch {
      return part.slice(1, -1);
    }
  });
}

/** The path of a table header, with the index of each array of tables on the way. */
function indexed(parts: string[], counts: Map<string, number>, isArray: boolean): (string | number)[] {
  const path: (string | number)[] = [];
  for (const [index, part] of parts.entries()) {
    path.push(part);
    const id = JSON.stringify(path);
    if (isArray && index === parts.length - 1) counts.set(id, (counts.get(id) ?? -1) + 1);
    const count = counts.get(id);
    if (count !== undefined) path.push(count);
  }
  return path;
}

/** Steps over one line of a value: which string is still open at its end, and how many brackets. */
function scan(line: string, open: string | undefined, depth: number): { open: string | undefined; depth: number } {
  let quote = open;
  let level = depth;
  for (let i = 0; i < line.length; i++) {
    if (quote !== undefined) {
      if (quote.startsWith('"') && line[i] === '\\') i++;
      else if (line.startsWith(quote, i)) {
        i += quote.length - 1;
        quote = undefined;
      }
      continue;
    }
    const character = line[i];
    if (character === '#') break;
    if (character === '"' || character === "'") {
      const triple = character.repeat(3);
      quote = line.startsWith(triple, i) ? triple : character;
      i += quote.length - 1;
    } else if (character === '[' || character === '{') level++;
    else if (character === ']' || character === '}') level--;
  }
  // A single-quoted or double-quoted string ends with its line.
  return { open: quote?.length === 3 ? quote : undefined, depth: Math.max(0, level) };
}
