/** The esbuild plugin that keeps what matches a module rule (WebAssembly, text, binary) out of the bundle, as modules of their own. */
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import type { WorkerConfig } from '../config/worker-config.ts';
import { findAdditionalModules } from './additional.ts';
import { type ModuleFile, mainName, nameInside, readModule, specifierBetween } from './module-files.ts';
import { compileRules, shadowedMessage } from './rules.ts';

export interface Collector {
  readonly plugin: Plugin;
  /** The modules of the last build. */
  modules(): readonly ModuleFile[];
}

const OWN = Symbol('resolved by the collector');

export function createCollector(config: WorkerConfig): Collector {
  const rules = compileRules(config.rules);
  const main = mainName(config.baseDir, config.main);
  const modules = new Map<string, ModuleFile>();
  const found = new Map<string, ModuleFile>();
  const relevant = [...rules.active.filter((rule) => config.findAdditionalModules || !rule.isScript), ...rules.shadowed];

  async function resolve(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
    if (args.pluginData === OWN || args.kind === 'entry-point') return undefined;
    const rule = relevant.find((one) => one.matchesSpecifier(args.path));
    if (rule === undefined) return undefined;
    if (rules.shadowed.includes(rule)) return { errors: [{ text: shadowedMessage(args.path, rule.rule) }] };
    const path = args.path.replace(/\?.*$/, '');
    const resolved = await build.resolve(path, { kind: args.kind, importer: args.importer, resolveDir: args.resolveDir, pluginData: OWN });
    if (resolved.errors.length > 0) return path === args.path ? undefined : { errors: [{ text: `Could not resolve ${JSON.stringify(path)}` }] };
    if (resolved.external || resolved.namespace !== 'file') return resolved;
    const additional = found.get(resolved.path);
    if (additional !== undefined) return { path: specifierBetween(main, additional.name), external: true };
    if (rule.isScript) return undefined;
    if (args.kind === 'require-call')
      return {
        errors: [
          {
            text: `${JSON.stringify(args.path)} cannot be loaded with require().`,
            notes: [{ text: `Modules of type ${rule.rule.type} are loaded with an import statement: import x from ${JSON.stringify(args.path)}.` }],
          },
        ],
      };
    const name = config.preserveFileNames ? nameInside(config.baseDir, resolved.path) : undefined;
    const module = await readModule(resolved.path, rule.type, name).catch((error: Error) => error);
    if (module instanceof Error) return { errors: [{ text: module.message }] };
    modules.set(module.name, module);
    return { path: specifierBetween(main, module.name), external: true };
  }

  return {
    modules: () => [...modules.values()],
    plugin: {
      name: 'nano-modules',
      setup(build) {
        build.onStart(async () => {
          modules.clear();
          found.clear();
          if (!config.findAdditionalModules) return;
          const skip = new Set([config.main, ...(config.configPath === undefined ? [] : [config.configPath])]);
          for (const module of await findAdditionalModules(config.baseDir, rules, skip)) {
            found.set(module.path, module);
            modules.set(module.name, module);
          }
        });
        build.onResolve({ filter: new RegExp(relevant.flatMap((rule) => rule.patterns).join('|')) }, (args) => resolve(build, args));
      },
    },
  };
}
