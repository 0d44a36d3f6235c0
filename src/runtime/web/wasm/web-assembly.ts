/**
 * The `WebAssembly` namespace with memory under the isolate's limit.
 *
 * V8's own functions do the work; what they are given goes through `limitMemory` first. Memories
 * that can be seen (made here, or exported) are counted at their real size; those that an instance
 * keeps to itself at their initial one. Memory may be shared where the server allows it; even there nothing can wait for it.
 * @see https://webassembly.github.io/spec/js-api/ https://webassembly.github.io/spec/web-api/
 */
import {
  ArrayBufferIsView,
  ArrayPrototypePush,
  BigIntCtor,
  DataViewPrototypeGetByteLength,
  DataViewPrototypeGetByteOffset,
  NumberCtor,
  NumberPrototypeToString,
  ObjectDefineProperty,
  ObjectGetOwnPropertyDescriptor,
  ObjectGetOwnPropertyNames,
  ObjectGetPrototypeOf,
  ObjectKeys,
  PromisePrototypeThen,
  PromiseReject,
  PromiseResolve,
  RangeErrorCtor,
  ReflectApply,
  ReflectConstruct,
  TypedArrayPrototypeGetByteLength,
  TypedArrayPrototypeGetByteOffset,
  TypedArrayPrototypeGetSymbolToStringTag,
  TypedArrayPrototypeSet,
  TypeErrorCtor,
  Uint8ArrayCtor,
  WeakMapCtor,
  WeakMapPrototypeGet,
  WeakMapPrototypeSet,
  WeakRefCtor,
  WeakRefPrototypeDeref,
} from '../../primordials.ts';
import { DOMString, isArrayBuffer, isObject, viewBuffer } from '../../webidl.ts';
import { disarmWaits } from './disarm-waits.ts';
import { type Limited, limitMemory } from './limit-memory.ts';

type AnyFunction = (...args: unknown[]) => unknown;
type Constructor = { new (...args: unknown[]): object; prototype: object };
type Namespace = Record<'validate', AnyFunction> & Record<'Module' | 'Instance' | 'Memory' | 'CompileError' | 'LinkError', Constructor>;

/** Bytes of a page; also, without addresses of 64 bits, the most pages a memory can have. */
const PAGE = 65_536;
type Pages = number | bigint;

/** What is known of a module made here. */
type Declared = Pick<Limited, 'memories' | 'initialPages'>;

/**
 * Wraps the functions of `namespace` (V8's `WebAssembly`), in place.
 * @param memoryMb the isolate's memory limit
 * @param readBytes reads the body of a Response for the streaming functions; rejects TypeError where it is none or of another type
 * @param canShare may memory be shared?
 * @returns a function that tells how many bytes of WebAssembly memory there are
 */
export function limitWebAssembly(
  namespace: object,
  memoryMb: number,
  readBytes: (source: unknown) => Promise<ArrayBuffer>,
  canShare: () => boolean,
): () => number {
  const wasm = namespace as Namespace;
  const { Module, Instance, Memory, CompileError, validate } = wasm;
  const maxPages = memoryMb * 16;
  const declared = new WeakMapCtor<object, Declared>();
  const bufferOf = ObjectGetOwnPropertyDescriptor(Memory.prototype, 'buffer')?.get as AnyFunction;
  const exportsOf = ObjectGetOwnPropertyDescriptor(Instance.prototype, 'exports')?.get as AnyFunction;
  const memoryPrototype = Memory.prototype;
  let seen: WeakRef<object>[] = [];
  /** Pages of memories that no one outside their instance can see; never given back before the isolate goes. */
  let hiddenPages = 0;

  const isMemory = (value: unknown): value is object => isObject(value) && ObjectGetPrototypeOf(value) === memoryPrototype;

  const total = (): number => {
    const alive: WeakRef<object>[] = [];
    let bytes = hiddenPages * PAGE;
    for (let i = 0; i < seen.length; i++) {
      const memory = WeakRefPrototypeDeref(seen[i] as WeakRef<object>);
      if (memory === undefined) continue;
      ArrayPrototypePush(alive, seen[i] as WeakRef<object>);
      // Of a view, because the buffer may be a shared one.
      bytes += TypedArrayPrototypeGetByteLength(new Uint8ArrayCtor(ReflectApply(bufferOf, memory, []) as ArrayBuffer));
    }
    seen = alive;
    return bytes;
  };

  const admit = (pages: number, what: string): void => {
    if (pages > maxPages || total() + pages * PAGE > memoryMb * 1_048_576) {
      throw new RangeErrorCtor(`${what}: Out of memory: an isolate may have ${NumberPrototypeToString(memoryMb)} MB of memory`);
    }
  };

  const watch = (memory: object): void => {
    for (let i = 0; i < seen.length; i++) if (WeakRefPrototypeDeref(seen[i] as WeakRef<object>) === memory) return;
    ArrayPrototypePush(seen, new WeakRefCtor(memory));
  };

  /** A copy of the bytes with every memory bounded. Throws as V8 does for what is no module. */
  const prepare = (source: unknown, what: string): Limited => {
    const bytes = copyBytes(source, what);
    const limited = limitMemory(bytes, maxPages);
    const isShared = canShare();
    if (limited === undefined || (isShared && !disarmWaits(limited.bytes))) {
      // V8 says what is wrong with it; what V8 would accept and this could not read is not run.
      ReflectConstruct(Module, [bytes]);
      throw new CompileError(`${what}: the module cannot be checked`);
    }
    if (limited.isShared && !isShared) throw new CompileError(`${what}: shared memory is not supported`);
    return limited;
  };

  const adoptModule = (module: object, limited: Limited): object => {
    WeakMapPrototypeSet(declared, module, { memories: limited.memories, initialPages: limited.initialPages });
    return module;
  };

  /** Counts the memories of a new instance. */
  const adoptInstance = (instance: object, of: Declared): void => {
    const all = ReflectApply(exportsOf, instance, []) as Record<string, unknown>;
    const names = ObjectKeys(all);
    let visible = 0;
    for (let i = 0; i < names.length; i++) {
      const value = all[names[i] as string];
      if (!isMemory(value)) continue;
      watch(value);
      visible++;
    }
    if (visible < of.memories) hiddenPages += of.initialPages;
  };

  const declaredBy = (module: unknown): Declared => (isObject(module) ? WeakMapPrototypeGet(declared, module) : undefined) ?? { memories: 0, initialPages: 0 };

  const makeInstance = (module: unknown, imports: unknown, newTarget: Constructor): object => {
    const of = declaredBy(module);
    admit(of.initialPages, 'WebAssembly.Instance()');
    const instance = ReflectConstruct(Instance, imports === undefined ? [module] : [module, imports], newTarget) as object;
    adoptInstance(instance, of);
    return instance;
  };

  /**
   * Compiles at once, though it returns a promise: V8's own compile() works on threads whose time no app is charged for,
   * and finishes with a task that an isolate nobody enters does not run.
   */
  const compileBytes = (source: unknown, what: string): Promise<object> => {
    const limited = prepare(source, what);
    return PromiseResolve(adoptModule(ReflectConstruct(Module, [limited.bytes]) as object, limited));
  };

  /** At once, for the same reason. */
  const instantiateModule = (module: object, imports: unknown): Promise<object> => PromiseResolve(makeInstance(module, imports, Instance));

  const withModule = (module: Promise<object>, imports: unknown): Promise<object> =>
    PromisePrototypeThen(module, (made) => PromisePrototypeThen(instantiateModule(made, imports), (instance) => ({ module: made, instance })));

  /** Runs `f`; what it throws becomes a rejection, as Web IDL asks of operations that return promises. */
  const promised = <T>(f: () => Promise<T>): Promise<T> => {
    try {
      return f();
    } catch (error) {
      return PromiseReject(error);
    }
  };

  const operations = {
    compile(bytes: unknown): Promise<object> {
      return promised(() => compileBytes(bytes, 'WebAssembly.compile()'));
    },
    instantiate(source: unknown, imports: unknown = undefined): Promise<object> {
      return promised(() => {
        if (isObject(source) && ObjectGetPrototypeOf(source) === Module.prototype) return instantiateModule(source, imports);
        if (imports !== undefined && !isObject(imports)) throw new TypeErrorCtor('WebAssembly.instantiate(): Argument 1 must be an object');
        return withModule(compileBytes(source, 'WebAssembly.instantiate()'), imports);
      });
    },
    validate(bytes: unknown): boolean {
      return ReflectApply(validate, wasm, [copyBytes(bytes, 'WebAssembly.validate()')]) as boolean;
    },
    compileStreaming(source: unknown): Promise<object> {
      return promised(() => PromisePrototypeThen(readBytes(source), (bytes) => compileBytes(bytes, 'WebAssembly.compileStreaming()')));
    },
    instantiateStreaming(source: unknown, imports: unknown = undefined): Promise<object> {
      return promised(() => withModule(operations.compileStreaming(source), imports));
    },
  };
  const lengths: Record<string, number> = { compile: 1, instantiate: 1, validate: 1, compileStreaming: 1, instantiateStreaming: 1 };
  const names = ObjectKeys(operations);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as keyof typeof operations;
    ObjectDefineProperty(operations[name], 'length', { value: lengths[name], configurable: true });
    ObjectDefineProperty(wasm, name, { value: operations[name], enumerable: true, writable: true, configurable: true });
  }

  replace(wasm, 'Module', Module, 1, (args, newTarget) => {
    const limited = prepare(args[0], 'WebAssembly.Module()');
    return adoptModule(ReflectConstruct(Module, [limited.bytes], newTarget) as object, limited);
  });
  replace(wasm, 'Instance', Instance, 1, (args, newTarget) => makeInstance(args[0], args[1], newTarget));
  replace(wasm, 'Memory', Memory, 1, (args, newTarget) => {
    // V8 reads the descriptor; reading it here as well would run the tenant's getters twice.
    const descriptor = isObject(args[0]) ? readDescriptor(args[0] as Record<string, unknown>) : args[0];
    if (isObject(descriptor)) {
      const { shared, initial, maximum } = descriptor as { shared?: boolean; initial?: Pages; maximum?: Pages };
      if (shared === true && !canShare()) throw new TypeErrorCtor('WebAssembly.Memory(): shared memory is not supported');
      // What V8 refuses for any memory is left for it to refuse.
      const isPossible = (pages: Pages | undefined): pages is Pages => pages !== undefined && (typeof pages === 'bigint' || pages <= PAGE);
      if (isPossible(initial)) {
        admit(NumberCtor(initial), 'WebAssembly.Memory()');
        const bound = typeof initial === 'bigint' ? BigIntCtor(maxPages) : maxPages;
        if ((maximum === undefined && shared !== true) || (isPossible(maximum) && maximum > bound)) (descriptor as { maximum: Pages }).maximum = bound;
      }
    }
    const memory = ReflectConstruct(Memory, [descriptor], newTarget) as object;
    watch(memory);
    return memory;
  });
  return total;
}

/** Members are read once, in the order of the specification, and converted as it says. */
const readDescriptor = (given: Record<string, unknown>): object => {
  const result: Record<string, unknown> = {};
  const keys = ['address', 'initial', 'maximum', 'shared'];
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const value = given[key];
    if (value === undefined) continue;
    if (key === 'shared') result[key] = !!value;
    else if (key === 'address') result[key] = DOMString(value, 'WebAssembly.Memory(): address');
    else result[key] = pagesOf(value, result['address'] === 'i64');
  }
  return result;
};

/** A BigInt for a memory with addresses of 64 bits, else a number. What cannot be converted is V8's to report. */
const pagesOf = (value: unknown, is64: boolean): unknown => {
  if (typeof value === 'bigint' || typeof value === 'symbol') return value;
  if (!is64) return +(value as number);
  return typeof value === 'number' ? value : BigIntCtor(value as string);
};

/** Puts a wrapper in a constructor's place; statics and prototype stay V8's. */
const replace = (
  wasm: Namespace,
  name: string,
  original: Constructor,
  length: number,
  construct: (args: unknown[], newTarget: Constructor) => object,
): void => {
  const wrapper = function (this: unknown, ...args: unknown[]): object {
    // Without `new`, V8's own message.
    if (new.target === undefined) return ReflectApply(original as unknown as AnyFunction, undefined, args) as object;
    return construct(args, new.target as unknown as Constructor);
  };
  const statics = ObjectGetOwnPropertyNames(original);
  for (let i = 0; i < statics.length; i++) {
    const key = statics[i] as string;
    const descriptor = ObjectGetOwnPropertyDescriptor(original, key) as PropertyDescriptor;
    if (key === 'prototype') ObjectDefineProperty(wrapper, key, { value: original.prototype, writable: false, enumerable: false, configurable: false });
    else ObjectDefineProperty(wrapper, key, descriptor);
  }
  ObjectDefineProperty(wrapper, 'length', { value: length, configurable: true });
  ObjectDefineProperty(original.prototype, 'constructor', { value: wrapper, writable: true, enumerable: false, configurable: true });
  ObjectDefineProperty(wasm, name, { value: wrapper, writable: true, enumerable: false, configurable: true });
};

/** The tenant's bytes, as they are now: nothing the tenant does later changes what was checked. */
const copyBytes = (source: unknown, what: string): Uint8Array<ArrayBuffer> => {
  let view: Uint8Array;
  if (ArrayBufferIsView(source)) {
    const isTyped = TypedArrayPrototypeGetSymbolToStringTag(source) !== undefined;
    const offset = isTyped ? TypedArrayPrototypeGetByteOffset(source) : DataViewPrototypeGetByteOffset(source);
    const length = isTyped ? TypedArrayPrototypeGetByteLength(source) : DataViewPrototypeGetByteLength(source);
    view = new Uint8ArrayCtor(viewBuffer(source), offset, length);
  } else if (isArrayBuffer(source)) view = new Uint8ArrayCtor(source);
  else throw new TypeErrorCtor(`${what}: Argument 0 must be a buffer source`);
  const copy = new Uint8ArrayCtor(TypedArrayPrototypeGetByteLength(view));
  TypedArrayPrototypeSet(copy, view);
  return copy;
};
