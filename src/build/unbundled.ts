/** `no_bundle`: the entry and its modules as they are, found by rules and along their own imports. */
import { realpath } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import type { WorkerConfig } from '../config/worker-config.ts';
import { isModuleName, type ModuleType, resolveModule } from '../protocol/bundle.ts';
import { requiredSpecifiers, resolveRequired } from '../protocol/commonjs.ts';
import { findAdditionalModules, isFileInside } from './additional.ts';
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
  const root = await realpath(config.baseDir);
  for (const module of modules.values()) {
    if (typeof module.content !== 'string') continue;
    for (const name of await neededNames(module.name, module.type, module.content)) {
      const path = resolve(config.baseDir, name);
      // A Map's iteration meets what is added on the way.
      if (!modules.has(name) && (await isFileInside(path, root))) modules.set(name, await readModule(path, typeOf(name, rules), name));
    }
  }
  return { main: main.name, modules: [...modules.values()] };
}

function typeOf(name: string, rules: Rules): ModuleType {
  return rules.active.find((rule) => rule.matchesFile(name))?.type ?? SCRIPT_TYPES[extname(name)] ?? 'data';
}

/** What a module imports or requires by relative paths, as names inside the bundle. A module that cannot be read is reported later. */
async function neededNames(name: string, type: ModuleType, source: string): Promise<string[]> {
  if (type === 'commonjs')
    return requiredSpecifiers(source)
      .map((specifier) => (specifier.startsWith('.') ? resolveRequired(specifier, name) : undefined))
      .filter((target): target is string => target !== undefined && isModuleName(target));
  if (type !== 'esm') return [];
  const rewritten = await rewriteMeta(source).catch(() => undefined);
  return [...(rewritten?.imports ?? []), ...(rewritten?.dynamicImports ?? [])]
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolveModule(specifier, name))
    .filter((target) => target !== undefined);
}
