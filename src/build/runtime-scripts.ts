/**
 * The runtime's scripts: the core, which the start-up snapshot is made of, and the chunks that are loaded on demand.
 *
 * Contract: every module is in one script only, so that there is one bridge and one Headers class. What
 * a script imports of another's modules it gets as an element of a list: the last thing in a script that
 * others build on is `definePart(name, () => [everything they import of it])`, and a chunk is a function
 * of all parts. Scripts are built from the last to the first, since only then is known what each must hand out.
 */
import path from 'node:path';
import { init, parse } from 'es-module-lexer';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { CHUNK_NAMES, CHUNKS, type ChunkName } from '../protocol/chunks.ts';

/** The scripts' text: `core`, and a function expression for each chunk. */
export type RuntimeScripts = { core: string; chunks: Record<ChunkName, string> };

type Unit = 'core' | ChunkName;

const runtime = fileURLToPath(new URL('../runtime/', import.meta.url));
const link = path.join(runtime, 'link.ts');

/** How the runtime is bundled. */
export const runtimeBuildOptions: BuildOptions = {
  bundle: true,
  minify: true,
  platform: 'neutral',
  target: 'esnext',
  // V8 keeps the whole text with two bytes a character as soon as one character is not Latin-1, in every isolate.
  charset: 'ascii',
  legalComments: 'none',
  metafile: true,
  write: false,
};

/** Builds all scripts from the sources. */
export async function buildRuntimeScripts(): Promise<RuntimeScripts> {
  await init();
  const units: Unit[] = ['core', ...CHUNK_NAMES];
  const owners = new Map<string, Unit>();
  for (const unit of units) for (const module of await modulesOf(unit, owners)) owners.set(module, unit);

  const wanted = new Map<Unit, Map<string, string>>();
  const texts = new Map<Unit, string>();
  for (const unit of units.toReversed()) texts.set(unit, await buildUnit(unit, owners, wanted));

  const chunks = Object.fromEntries(CHUNK_NAMES.map((name) => [name, texts.get(name)])) as Record<ChunkName, string>;
  return { core: texts.get('core') as string, chunks };
}

const entryOf = (unit: Unit): string => path.join(runtime, unit === 'core' ? 'main.ts' : `chunks/${unit}.ts`);

/** The scripts that are there when this one is evaluated. */
const basis = (unit: Unit): ReadonlySet<Unit> => new Set(unit === 'core' ? [] : ['core', ...CHUNKS[unit].needs]);

/** Leaves out what another script has. */
const partsPlugin = (unit: Unit, owners: ReadonlyMap<string, Unit>): Plugin => ({
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /\.ts$/ }, ({ path: specifier, resolveDir }) => {
      const file = path.resolve(resolveDir, specifier);
      const owner = owners.get(file);
      if (owner === undefined || owner === unit) return { path: file };
      if (basis(unit).has(owner)) return { path: PREFIX + file, external: true, sideEffects: false };
      return {
        errors: [
          { text: `The chunk "${unit}" reaches ${path.relative(runtime, file)}, which is in "${owner}": go through link.ts, or let it need that chunk.` },
        ],
      };
    });
  },
});

const PREFIX = 'part:';

/** The modules that no earlier script has. */
async function modulesOf(unit: Unit, owners: ReadonlyMap<string, Unit>): Promise<string[]> {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    ...runtimeBuildOptions,
    format: 'esm',
    metafile: true,
    absWorkingDir: runtime,
    entryPoints: [entryOf(unit)],
    plugins: [partsPlugin(unit, owners)],
  });
  return Object.keys(metafile.inputs).map((file) => path.resolve(runtime, file));
}

/** One script. Adds what it imports of others to `wanted`: "module name" → its identifier there, in the order of the list. */
async function buildUnit(unit: Unit, owners: ReadonlyMap<string, Unit>, wanted: Map<Unit, Map<string, string>>): Promise<string> {
  const { build } = await import('esbuild');
  const lines = [`import ${JSON.stringify(entryOf(unit))};`];
  const asked = wanted.get(unit);
  if (asked !== undefined) {
    for (const [key, local] of asked) {
      const [module, name] = key.split('\0') as [string, string];
      lines.push(`import { ${name} as ${local} } from ${JSON.stringify(module)};`);
    }
    lines.push(`import { definePart } from ${JSON.stringify(link)};`, `definePart(${JSON.stringify(unit)}, () => [${[...asked.values()].join()}]);`);
  }
  const result = await build({
    ...runtimeBuildOptions,
    format: unit === 'core' ? 'iife' : 'esm',
    absWorkingDir: runtime,
    stdin: { contents: lines.join('\n'), resolveDir: runtime, sourcefile: `${unit}.entry.ts`, loader: 'ts' },
    plugins: [partsPlugin(unit, owners)],
    // A sloppy frame would let tenants see the runtime's functions through `caller` and call sites.
    banner: unit === 'core' ? { js: '"use strict";' } : {},
  });
  const text = result.outputFiles?.[0]?.text.trim();
  if (text === undefined || text === '') throw new Error(`The script of "${unit}" came out empty.`);
  return unit === 'core' ? text : asFunction(unit, text, owners, wanted);
}

/** Turns a module's text into a function of the parts it imports from. */
function asFunction(unit: ChunkName, text: string, owners: ReadonlyMap<string, Unit>, wanted: Map<Unit, Map<string, string>>): string {
  const parts = new Set<Unit>();
  const bindings: string[] = [];
  let body = '';
  let from = 0;
  // In the order of the text.
  const imports = [...parse(text)[0]].sort((a, b) => a.importStart - b.importStart);
  for (const { importStart, importEnd, start, end } of imports) {
    const statement = text.slice(importStart, importEnd);
    const names = /^import(?:\{([^}]*)\}from)?"part:/.exec(statement);
    if (names === null) throw new Error(`The chunk "${unit}" has an import that cannot be turned into a part: ${statement}`);
    body += text.slice(from, importStart);
    from = importEnd;
    const module = text.slice(start + PREFIX.length, end);
    const owner = owners.get(module) as Unit;
    const list = wanted.get(owner) ?? new Map<string, string>();
    wanted.set(owner, list);
    for (const binding of (names[1] ?? '').split(',').filter((it) => it !== '')) {
      const [name, local = name] = binding.split(' as ') as [string, string?];
      const key = `${module}\0${name}`;
      if (!list.has(key)) list.set(key, `p${list.size}`);
      parts.add(owner);
      bindings.push(`${local}=__${owner}[${[...list.keys()].indexOf(key)}]`);
    }
  }
  body += text.slice(from);
  const lists = [...parts].map((part) => `__${part}=__parts.${part}()`);
  return `(function(__parts){"use strict";const ${[...lists, ...bindings].join()};${body}})\n//# sourceURL=nano:runtime/${unit}`;
}
