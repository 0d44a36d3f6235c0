/**
 * CommonJS modules: `require`, and what modules have already exported.
 *
 * Contract: a name leads to a module of the app, to a built-in one, or to an error; nobody but the app's own code is asked.
 * A module runs once, when it is first required or imported, in the turn of whoever does that; what it threw is thrown again.
 * ES modules that are required are evaluated before, since nothing in V8's reach here evaluates one at once: the host has
 * them imported, and says which.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/nodejs/ and workerd's api/commonjs.c++ for texts and order
 */
import { REQUIRED_SCHEMES } from '../../protocol/commonjs.ts';
import { differs } from '../compat.ts';
import {
  ArrayPrototypeIncludes,
  ArrayPrototypeJoin,
  ArrayPrototypePop,
  ArrayPrototypePush,
  ErrorCtor,
  MapCtor,
  MapPrototypeGet,
  MapPrototypeSet,
  ObjectDefineProperty,
  ReflectApply,
  StringPrototypeLastIndexOf,
  StringPrototypeSlice,
  StringPrototypeSplit,
  StringPrototypeStartsWith,
  SymbolToStringTag,
  SyntaxErrorCtor,
  TypeErrorCtor,
} from '../primordials.ts';

type Namespace = Record<string, unknown>;
type Require = (specifier: unknown) => unknown;
type Module = { readonly path: string; exports: unknown };
/** A module's scope, which comes to its body. */
type Wrapper = (exports: unknown, require: Require, module: Module, filename: string, dirname: string) => () => unknown;
type Loading = { module: Module; state: 'running' | 'done' | 'failed'; value: unknown; namespace: Namespace | undefined };

/** Functions that have been compiled; for one that could not be, why. */
const wrappers = new MapCtor<string, Wrapper | string>();
const loadings = new MapCtor<string, Loading>();
const namespaces = new MapCtor<string, Namespace>();
let esModules: readonly string[] = [];
/** Copies of namespaces, which their users may change. */
const copies = new MapCtor<string, Namespace>();

/** Takes in a module: its function, or a text that says why there is none. */
export function addCommonJs(name: string, wrapper: Wrapper | string): void {
  MapPrototypeSet(wrappers, name, wrapper);
}

/** Takes in the built-in and data modules, and the names of the app's ES modules; returns what the stand-ins of modules need. */
export function openCommonJs(names: readonly string[], values: readonly Namespace[], ofApp: readonly string[]): typeof forStandIns {
  esModules = ofApp;
  addNamespaces(names, values);
  return forStandIns;
}

const forStandIns = { run: (name: string): unknown => run(name).value, add: addNamespaces };

function addNamespaces(names: readonly string[], values: readonly Namespace[]): void {
  for (let i = 0; i < names.length; i++) MapPrototypeSet(namespaces, names[i] as string, values[i] as Namespace);
}

/** Runs a module that has not been run. In a circle its exports are as far as they have come. */
function run(name: string): Loading {
  const known = MapPrototypeGet(loadings, name);
  if (known?.state === 'running') known.value = known.module.exports;
  if (known?.state === 'failed') throw known.value;
  if (known !== undefined) return known;
  const module = { path: `/${name}`, exports: {} as unknown };
  ObjectDefineProperty(module, 'path', { writable: false, configurable: false } as PropertyDescriptor);
  const loading: Loading = { module, state: 'running', value: undefined, namespace: undefined };
  MapPrototypeSet(loadings, name, loading);
  try {
    const wrapper = MapPrototypeGet(wrappers, name);
    if (typeof wrapper === 'string') throw new SyntaxErrorCtor(wrapper);
    const end = StringPrototypeLastIndexOf(module.path, '/');
    const require: Require = function (specifier) {
      if (arguments.length === 0) throw new TypeErrorCtor("Failed to execute 'require' on 'CommonJsModuleContext': parameter 1 is not of type 'string'.");
      return required(resolve(`${specifier as string}`, name));
    };
    const dirname = end === 0 ? '/' : StringPrototypeSlice(module.path, 0, end);
    const body = ReflectApply(wrapper as Wrapper, undefined, [module.exports, require, module, module.path, dirname]) as () => unknown;
    ReflectApply(body, undefined, []);
    loading.value = module.exports;
    loading.state = 'done';
  } catch (error) {
    loading.value = error;
    loading.state = 'failed';
    throw error;
  }
  return loading;
}

/** The name of the module that a specifier means: see resolveRequired in protocol/commonjs.ts. */
function resolve(specifier: string, referrer: string): string {
  for (let i = 0; i < REQUIRED_SCHEMES.length; i++) if (StringPrototypeStartsWith(specifier, REQUIRED_SCHEMES[i] as string)) return specifier;
  const path: string[] = [];
  if (!StringPrototypeStartsWith(specifier, '/')) {
    const own = StringPrototypeSplit(referrer, '/');
    for (let i = 0; i < own.length - 1; i++) ArrayPrototypePush(path, own[i] as string);
  }
  const segments = StringPrototypeSplit(specifier, '/');
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i] as string;
    if (segment === '' || segment === '.') continue;
    if (segment !== '..') ArrayPrototypePush(path, segment);
    else if (ArrayPrototypePop(path) === undefined) throw new TypeErrorCtor(`Invalid module specifier "${specifier}".`);
  }
  return ArrayPrototypeJoin(path, '/');
}

function required(name: string): unknown {
  const wrapper = MapPrototypeGet(wrappers, name);
  const namespace = MapPrototypeGet(namespaces, name);
  if (wrapper !== undefined) {
    const loading = run(name);
    if (!givesNamespaces()) return loading.value;
    // As the ES module of that name has it, where there is any difference to see.
    if (loading.state === 'running') return loading.value;
    loading.namespace ??= ObjectDefineProperty({ __proto__: null, default: loading.value } as unknown as Namespace, SymbolToStringTag, {
      value: 'Module',
    } as PropertyDescriptor);
    return loading.namespace;
  }
  if (namespace === undefined)
    throw new ErrorCtor(
      ArrayPrototypeIncludes(esModules, name)
        ? `The ES module "${name}" has not been evaluated. require() finds ES modules that are named by a string in its parentheses, as in require("./x.js").`
        : `No such module "${name}".`,
    );
  if (namespace['__cjsUnwrapDefault'] === true) return namespace['default'];
  if ('module.exports' in namespace) return namespace['module.exports'];
  if (givesNamespaces()) return namespace;
  if ('default' in namespace) return namespace['default'];
  let copy = MapPrototypeGet(copies, name);
  if (copy === undefined) MapPrototypeSet(copies, name, (copy = { ...namespace }));
  return copy;
}

/** Before 2022-10-31 require() gave a namespace, unless the later flag has a word. */
const givesNamespaces = (): boolean => differs('export_commonjs_default') && differs('require_returns_default_export');
