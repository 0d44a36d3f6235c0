/**
 * The runtime's scripts: the core, which the start-up snapshot is made of, and the chunks that are loaded on demand.
 *
 * Contract: every module is in one script only, so that there is one bridge and one Headers class. What
 * a script imports of another's modules it gets as an element of a list: the last thing in a script that
 * others build on is `definePart(name, () => [everything they import of it])`, and a chunk is a function
 * of all parts. Scripts are built from the last to the first, since only then is known what each must hand out.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, parse } from 'es-module-lexer';
import type { BuildOptions, Plugin } from 'esbuild';
import { CHUNK_NAMES, CHUNKS, type ChunkName } from '../protocol/chunks.ts';
import { BOOT_GLOBAL } from '../protocol/ops.ts';
import { BARE, BIND, type Primordials, preparePrimordials } from './runtime-primordials.ts';

/** The scripts' text: those of the core, to be run one after the other, and a function expression for each chunk. */
export type RuntimeScripts = { core: readonly string[]; chunks: Record<ChunkName, string> };

type Unit = 'core' | ChunkName;
/** A list that a script hands out: "module, name" → its identifier in that script, in the order of the list. */
type Wanted = Map<string, string>;

const runtime = fileURLToPath(new URL('../runtime/', import.meta.url));
const link = path.join(runtime, 'link.ts');
const primordials = path.join(runtime, 'primordials.ts');
const ops = path.join(runtime, '../protocol/ops.ts');
const PREFIX = 'part:';
/** The part with the primordials that only chunks use. */
const LATE = 'late';

/** How the runtime is bundled. */
export const runtimeBuildOptions: BuildOptions = {
  bundle: true,
  minify: true,
  platform: 'neutral',
  target: 'esnext',
  // V8 keeps the whole text with two bytes a character as soon as one character is not Latin-1, in every isolate.
  charset: 'ascii',
  legalComments: 'none',
  write: false,
  absWorkingDir: runtime,
};

/** Builds all scripts from the sources. */
export async function buildRuntimeScripts(): Promise<RuntimeScripts> {
  await init();
  return new ScriptBuild(await preparePrimordials(primordials)).run();
}

const entryOf = (unit: Unit): string => path.join(runtime, unit === 'core' ? 'main.ts' : `chunks/${unit}.ts`);

/** The scripts that are there when this one is evaluated. */
const basis = (unit: Unit): ReadonlySet<string> => new Set(unit === 'core' ? [] : ['core', ...CHUNKS[unit].needs]);

class ScriptBuild {
  readonly #primordials: Primordials;
  /** Module → the script it is in. */
  readonly #owners = new Map<string, Unit>();
  readonly #wanted = new Map<string, Wanted>();
  /** Primordials that the core itself uses: it has them bound anyway. */
  #inCore: ReadonlySet<string> = new Set();

  constructor(prepared: Primordials) {
    this.#primordials = prepared;
  }

  async run(): Promise<RuntimeScripts> {
    const units: Unit[] = ['core', ...CHUNK_NAMES];
    for (const unit of units) for (const module of await this.#modulesOf(unit)) this.#owners.set(module, unit);
    this.#inCore = await this.#coreUses();
    const texts = new Map<Unit, string>();
    for (const unit of units.toReversed()) texts.set(unit, await this.#build(unit));
    return {
      core: [texts.get('core') as string, await this.#buildLate()],
      chunks: Object.fromEntries(CHUNK_NAMES.map((name) => [name, texts.get(name)])) as Record<ChunkName, string>,
    };
  }

  /** The modules of a script: those it reaches and no earlier script has. */
  async #modulesOf(unit: Unit): Promise<string[]> {
    const { build } = await import('esbuild');
    const { metafile } = await build({ ...runtimeBuildOptions, format: 'esm', metafile: true, entryPoints: [entryOf(unit)], plugins: [this.#plugin(unit)] });
    return Object.keys(metafile.inputs).map((file) => path.resolve(runtime, file));
  }

  async #coreUses(): Promise<ReadonlySet<string>> {
    const outside: Plugin = {
      name: 'outside',
      setup: (build) => build.onResolve({ filter: /primordials\.ts$/ }, () => ({ path: PREFIX + primordials, external: true, sideEffects: false })),
    };
    const text = await bundle({ format: 'esm', entryPoints: [entryOf('core')], plugins: [outside] });
    return new Set([...this.#primordials.functions, ...importsOf(text, 'core').imports.map((it) => it.name)]);
  }

  /** One script, whose own imports are added to what others must hand out. */
  async #build(unit: Unit): Promise<string> {
    const lines = [`import ${JSON.stringify(entryOf(unit))};`];
    const wanted = this.#wanted.get(unit);
    if (wanted !== undefined) {
      lines.push(...importLines(wanted), `import { definePart } from ${JSON.stringify(link)};`);
      lines.push(`definePart(${JSON.stringify(unit)}, () => [${[...wanted.values()].join()}]);`);
    }
    const text = await bundle({
      format: unit === 'core' ? 'iife' : 'esm',
      stdin: { contents: lines.join('\n'), resolveDir: runtime, sourcefile: `${unit}.entry.ts`, loader: 'ts' },
      plugins: [this.#plugin(unit)],
      // A sloppy frame would let tenants see the runtime's functions through `caller` and call sites.
      banner: unit === 'core' ? { js: '"use strict";' } : {},
    });
    return unit === 'core' ? text : this.#asFunction(unit, text);
  }

  /** The list of primordials for chunks, made before any tenant code runs. */
  async #buildLate(): Promise<string> {
    const wanted = this.#wanted.get(LATE) ?? new Map<string, string>();
    const contents = [...importLines(wanted), `export const list = [${[...wanted.values()].join()}];`].join('\n');
    const text = await bundle({
      format: 'iife',
      globalName: 'made',
      stdin: { contents, resolveDir: runtime, sourcefile: 'late.entry.ts', loader: 'ts' },
      plugins: [this.#plugin('core')],
    });
    // A script of its own: nothing of it stays in memory but the list.
    return `${BOOT_GLOBAL}.builtins.install(function(__parts){"use strict";${text};const{list}=made;__parts.${LATE}=list})`;
  }

  /** Leaves out what another script has. */
  #plugin(unit: Unit): Plugin {
    return {
      name: 'parts',
      setup: (build) => {
        build.onLoad({ filter: /protocol\/ops\.ts$/ }, ({ path: file }) => ({ contents: asEnums(readFileSync(file, 'utf8')), loader: 'ts' }));
        build.onLoad({ filter: /primordials\.ts$/ }, () => ({ contents: this.#primordials.text, loader: 'js' }));
        build.onResolve({ filter: /\.ts$/ }, ({ path: specifier, resolveDir }) => {
          const file = path.resolve(resolveDir, specifier);
          const owner = this.#owners.get(file);
          // Constants only, which go where they are used.
          if (owner === undefined || owner === unit || file === ops) return { path: file };
          if (basis(unit).has(owner)) return { path: PREFIX + file, external: true, sideEffects: false };
          const text = `The chunk "${unit}" reaches ${path.relative(runtime, file)}, which is in "${owner}": go through link.ts, or let it need that chunk.`;
          return { errors: [{ text }] };
        });
      },
    };
  }

  /** Turns a module's text into a function of the parts it imports from. */
  #asFunction(unit: ChunkName, text: string): string {
    const { imports, body } = importsOf(text, unit);
    const lists = new Set<string>();
    const values: string[] = [];
    const locals = new Map<string, string>();
    const bind = imports.some((it) => this.#isBare(it)) ? this.#element(primordials, BIND, lists) : '';
    for (const it of imports) {
      const key = `${it.module}\0${it.name}`;
      const known = locals.get(key);
      if (known === undefined) locals.set(key, it.local);
      if (known !== undefined) values.push(`${it.local}=${known}`);
      else if (this.#isBare(it)) values.push(`${it.local}=__bind(${this.#element(it.module, it.name + BARE, lists)})`);
      else values.push(`${it.local}=${this.#element(it.module, it.name, lists)}`);
    }
    const parts = [...lists].map((part) => `${listOf(part)}=__parts[${JSON.stringify(part)}]${part === LATE ? '' : '()'}`);
    const needs = CHUNKS[unit].needs.map((name) => `__need(${JSON.stringify(name)});`).join('');
    const head = [...parts, ...(bind === '' ? [] : [`__bind=${bind}`]), ...values].join();
    return `(function(__parts,__need){"use strict";${needs}const ${head};${body}})\n//# sourceURL=nano:runtime/${unit}`;
  }

  #isBare({ module, name }: Import): boolean {
    return module === primordials && !this.#inCore.has(name) && this.#primordials.methods.has(name);
  }

  /** Asks for an export of another script's module: the expression that reads it. */
  #element(module: string, name: string, lists: Set<string>): string {
    const isLate = module === primordials && name !== BIND && !this.#inCore.has(name);
    const part = isLate ? LATE : (this.#owners.get(module) as Unit);
    const wanted = this.#wanted.get(part) ?? new Map<string, string>();
    this.#wanted.set(part, wanted);
    const key = `${module}\0${name}`;
    if (!wanted.has(key)) wanted.set(key, `p${wanted.size}`);
    lists.add(part);
    return `${listOf(part)}[${[...wanted.keys()].indexOf(key)}]`;
  }
}

const listOf = (part: string): string => `__${part.replaceAll('-', '_')}`;

/** Tables of numbers as enums: esbuild puts an enum's numbers where they are used, and no table stays in memory. */
const asEnums = (text: string): string =>
  text.replace(
    /^export const (\w+) = \{((?:\s|\/\*\*[\s\S]*?\*\/|\w+: \d+,?)*)\} as const;/gm,
    (_, name, body) => `export const enum ${name} {${body.replaceAll(/(\w+): (\d+)/g, '$1 = $2')}}`,
  );

type Import = { module: string; name: string; local: string };

const importLines = (wanted: Wanted): string[] =>
  [...wanted].map(([key, local]) => {
    const [module, name] = key.split('\0') as [string, string];
    return `import { ${name} as ${local} } from ${JSON.stringify(module)};`;
  });

/** What a module imports of parts, and its text without those imports. */
const importsOf = (text: string, unit: Unit): { imports: Import[]; body: string } => {
  const imports: Import[] = [];
  let body = '';
  let from = 0;
  // In the order of the text.
  for (const { importStart, importEnd, start, end } of [...parse(text)[0]].sort((a, b) => a.importStart - b.importStart)) {
    const statement = text.slice(importStart, importEnd);
    const names = /^import(?:\{([^}]*)\}from)?"part:/.exec(statement);
    if (names === null) throw new Error(`The script of "${unit}" has an import that cannot be turned into a part: ${statement}`);
    const module = text.slice(start + PREFIX.length, end);
    for (const binding of (names[1] ?? '').split(',').filter((it) => it !== '')) {
      const [name, local = name] = binding.split(' as ') as [string, string?];
      imports.push({ module, name, local });
    }
    body += text.slice(from, importStart);
    from = importEnd;
    while (text[from] === ';') from++;
  }
  return { imports, body: body + text.slice(from) };
};

async function bundle(options: BuildOptions): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({ ...runtimeBuildOptions, ...options } as BuildOptions & { write: false });
  const text = outputFiles[0]?.text.trim();
  if (text === undefined || text === '') throw new Error('A script of the runtime came out empty.');
  return text;
}
