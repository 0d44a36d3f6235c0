/** `no_bundle`: the entry and its modules as they are, found by rules and along their own imports. */
import { existsSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { WorkerConfig } from '../config/worker-config.ts';
import { type ModuleType, resolveModule } from '../protocol/bundle.ts';
import { findAdditionalModules } from './additional.ts';
import { BuildError } from './error.ts';
import { rewriteMeta } from './meta.ts';
import { type ModuleFile, mainName, readModule } from './module-files.ts';
import { compileRules, type Rules } from './rules.ts';

const SCRIPT_TYPES: Readonly<Record<string, ModuleType>> = { '.js': 'esm', '.mjs': 'esm', '.cjs': 'commonjs', '.json': 'json' };

export async function readUnbundled(config: WorkerConfig): Promise<{ main: string; modules: readonly ModuleFile[] }> {
  if (!['.js', '.mjs'].includes(extname(config.main)))
    throw new BuildError(
      'source',
      `With "no_bundle" the entry is run as it is, and ${JSON.stringify(extname(config.main))} files do not run. Name a .js or .mjs file, or remove "no_bundle".`,
    );
  const rules = compileRules(config.rules);
  const main = await readModule(config.main, 'esm', mainName(config.baseDir, config.main));
  const modules = new Map([[main.name, main]]);
  if (config.findAdditionalModules) {
    const skip = new Set([config.main, ...(config.configPath === undefined ? [] : [config.configPath])]);
    for (const module of await findAdditionalModules(config.baseDir, rules, skip)) modules.set(module.name, module);
  }
  for (const module of modules.values()) {
    if (module.type !== 'esm' || typeof module.content !== 'string') continue;
    for (const name of await importedNames(module.name, module.content)) {
      const path = resolve(config.baseDir, name);
      // A Map's iteration meets what is added on the way.
      if (!modules.has(name) && existsSync(path)) modules.set(name, await readModule(path, typeOf(name, rules), name));
    }
  }
  return { main: main.name, modules: [...modules.values()] };
}

function typeOf(name: string, rules: Rules): ModuleType {
  return rules.active.find((rule) => rule.matchesFile(name))?.type ?? SCRIPT_TYPES[extname(name)] ?? 'data';
}

/** Relative imports of a module, as names inside the bundle. A module that cannot be read is reported later. */
async function importedNames(name: string, source: string): Promise<string[]> {
  const rewritten = await rewriteMeta(source).catch(() => undefined);
  return [...(rewritten?.imports ?? []), ...(rewritten?.dynamicImports ?? [])]
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolveModule(specifier, name))
    .filter((target) => target !== undefined);
}
