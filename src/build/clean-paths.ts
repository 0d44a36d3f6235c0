/** Output that names sources relative to the project and says nothing about the machine it was made on. */

type SourceMap = { version: number; sources: string[]; sourceRoot?: string; sourcesContent?: (string | null)[]; [key: string]: unknown };

/**
 * The map with clean source names, and the text of what was built alone: esbuild fills in that of whatever the map of a package
 * names, any file of the machine. `map` is the text that esbuild made of `inputs` for an output in `projectDir`.
 */
export function cleanSourceMap(map: string, inputs: ReadonlySet<string>, projectDir: string): string {
  const parsed: unknown = JSON.parse(map);
  if (!isSourceMap(parsed)) return map;
  delete parsed.sourceRoot;
  const depth = depthOf(projectDir);
  const { sources } = parsed;
  if (parsed.sourcesContent !== undefined) parsed.sourcesContent = parsed.sourcesContent.map((text, i) => (inputs.has(sources[i] ?? '') ? text : null));
  parsed.sources = sources.map((source) => cleanSource(source, depth));
  return JSON.stringify(parsed);
}

/**
 * Files above the project (hoisted packages, shared folders) are named from their package, or else without the
 * way up; where that way leads to the root of the file system, by their own name only.
 * @param depth how many folders deep the project is
 */
export function cleanSource(source: string, depth: number): string {
  const path = source.replaceAll('\\', '/').replace(/^file:\/\//, '');
  const up = /^(?:\.\.\/)*/.exec(path)?.[0].length ?? 0;
  const isAbsolute = /^(?:\/|[A-Za-z]:\/)/.test(path);
  if (up === 0 && !isAbsolute) return path;
  const packages = path.lastIndexOf('node_modules/');
  if (packages !== -1) return path.slice(packages);
  return isAbsolute || up / 3 >= depth ? path.slice(path.lastIndexOf('/') + 1) : path.slice(up);
}

/**
 * The code without names of files far above the project (linked packages): esbuild writes them into comments and as
 * keys of wrapped CommonJS modules. Lines stay where they are.
 */
export function cleanCode(code: string, inputs: readonly string[], projectDir: string): string {
  const depth = depthOf(projectDir);
  let clean = code;
  for (const input of inputs) {
    if (!input.startsWith('../'.repeat(depth))) continue;
    const name = cleanSource(input, depth);
    clean = clean.replaceAll(`\n// ${input}\n`, () => `\n// ${name}\n`).replaceAll(`\n  "${input}"(`, () => `\n  "${name}"(`);
    if (clean.startsWith(`// ${input}\n`)) clean = `// ${name}${clean.slice(3 + input.length)}`;
  }
  return clean;
}

function depthOf(dir: string): number {
  return dir.split(/[\\/]/).filter(Boolean).length;
}

function isSourceMap(value: unknown): value is SourceMap {
  return (
    typeof value === 'object' &&
    value !== null &&
    'sources' in value &&
    Array.isArray(value.sources) &&
    value.sources.every((source) => typeof source === 'string')
  );
}
