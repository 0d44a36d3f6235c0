/** The esbuild plugins for what is not on disk: the runtime's own modules, Node's, and the project's aliases. */
import { builtinModules } from 'node:module';
import { isAbsolute } from 'node:path';
import type { OnResolveResult, Plugin } from 'esbuild';
import { META_MODULE } from '../protocol/bundle.ts';

/** How far Node's modules are there, as compatibility flags and date decide. */
export type NodeCompat = 'none' | 'async-hooks' | 'prefixed' | 'full';

/** From this date on `nodejs_compat` also means modules without the "node:" prefix. */
const FULL_COMPAT_DATE = '2024-09-23';

export function nodeCompat(date: string, flags: readonly string[]): NodeCompat {
  if (flags.includes('nodejs_compat_v2')) return 'full';
  if (flags.includes('nodejs_compat')) return date >= FULL_COMPAT_DATE && !flags.includes('no_nodejs_compat_v2') ? 'full' : 'prefixed';
  return flags.includes('nodejs_als') ? 'async-hooks' : 'none';
}

const BARE = builtinModules.filter((name) => !name.startsWith('_') && !name.startsWith('node:'));
const NODE_FILTER = new RegExp(`^(?:node:.+|(?:${BARE.join('|')}))$`);
const REQUIRED = 'nano-node-require';
const PACKAGES = Symbol('looked for among packages');
/** What a package takes nothing instead of. */
const EMPTY = 'nano-empty';

/** Wrangler's words for a Node module that is not enabled, and what they leave out: enabled, it is still not there. */
export function nodeModuleHint(name: string, compat: NodeCompat): string {
  const text = `The package "${name}" wasn't found on the file system but is built into node.\n`;
  const instead = '- NANO does not have the modules of Node.js yet: what imports one fails even then. "alias" can name a module to take instead.';
  if (compat === 'prefixed' && !name.startsWith('node:'))
    return `${text}- Make sure to prefix the module name with "node:" or update your compatibility_date to ${FULL_COMPAT_DATE} or later.\n${instead}`;
  return `${text}- Add the "nodejs_compat" compatibility flag to your project.\n${instead}`;
}

export function isNodeModule(name: string): boolean {
  return NODE_FILTER.test(name);
}

export function externalsPlugin(compat: NodeCompat): Plugin {
  return {
    name: 'nano-externals',
    setup(build) {
      build.onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, external: true }));
      build.onResolve({ filter: /^nano:/ }, ({ path }) => ({
        errors: [
          {
            text: `Could not resolve ${JSON.stringify(path)}`,
            notes: [{ text: `Names beginning with "nano:", like "${META_MODULE}", are the platform's own. Import something else.` }],
          },
        ],
      }));
      build.onResolve({ filter: NODE_FILTER }, async (args): Promise<OnResolveResult | undefined> => {
        const { path, kind, namespace } = args;
        if (args.pluginData === PACKAGES) return undefined;
        const prefixed = path.startsWith('node:');
        const enabled = compat === 'full' || (prefixed && (compat === 'prefixed' || (compat === 'async-hooks' && path === 'node:async_hooks')));
        const name = prefixed ? path : `node:${path}`;
        // require() of an external module cannot work in an ES module: it goes through an import.
        if (enabled) return kind === 'require-call' && namespace !== REQUIRED ? { path: name, namespace: REQUIRED } : { path: name, external: true };
        if (!prefixed) return undefined;
        // A package may say in "browser" what to take instead.
        const { resolveDir, importer } = args;
        const found = await build.resolve(path, { kind, namespace, resolveDir, importer, pluginData: PACKAGES, with: args.with });
        if (found.errors.length === 0) return isAbsolute(found.path) ? found : { path, namespace: EMPTY };
        // These may stand where they are never reached, or in a try block that knows what to do without the module.
        if (kind === 'dynamic-import' || kind === 'require-call') return { path, external: true, warnings: [{ text: nodeModuleHint(path, compat) }] };
        return { errors: [{ text: `Could not resolve ${JSON.stringify(path)}`, notes: [{ text: nodeModuleHint(path, compat) }] }] };
      });
      build.onLoad({ filter: /.*/, namespace: EMPTY }, () => ({ contents: '', loader: 'js' }));
      build.onLoad({ filter: /.*/, namespace: REQUIRED }, ({ path }) => ({
        contents: `import module_ from ${JSON.stringify(path)};\nmodule.exports = module_;`,
        loader: 'js',
      }));
    },
  };
}

/** `alias`, exact names only, resolved from the project's folder. It comes first, so that it can replace anything. */
export function aliasPlugin(alias: Readonly<Record<string, string>>, projectDir: string): Plugin {
  const names = Object.keys(alias);
  const filter = new RegExp(`^(?:${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')).join('|')})$`);
  return {
    name: 'nano-alias',
    setup(build) {
      if (names.length === 0) return;
      build.onResolve({ filter }, async (args) => {
        const target = alias[args.path];
        if (target === undefined || args.pluginData === filter) return undefined;
        const { errors, path, external, namespace } = await build.resolve(target, {
          kind: args.kind,
          resolveDir: projectDir,
          importer: args.importer,
          pluginData: filter,
        });
        return errors.length > 0
          ? { errors: [{ text: `Could not resolve ${JSON.stringify(target)}, the alias of ${JSON.stringify(args.path)}` }] }
          : { path, external, namespace };
      });
    },
  };
}
