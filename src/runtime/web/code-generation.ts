/**
 * No code from strings: `eval` and the four function constructors are taken away.
 *
 * Contract: after `forbidCodeGeneration` no path of the language leads to the originals. They are
 * reachable from six places only: the bindings `eval` and `Function`, the `constructor` of the four
 * function prototypes, and the prototype of the three constructors without a binding. All are
 * replaced. `instanceof Function`, `Function.prototype` and the like work as before.
 *
 * @see https://tc39.es/ecma262/#sec-hostensurecancompilestrings for what a host may refuse, and
 * Cloudflare's message
 */
import { EvalErrorCtor, FunctionPrototype, ObjectDefineProperty, ObjectGetPrototypeOf, ObjectSetPrototypeOf } from '../primordials.ts';

const refuse = (): never => {
  throw new EvalErrorCtor('Code generation from strings disallowed for this context');
};

type FunctionObject = { prototype: object };

/** A constructor that stands in for the one with this name and prototype object. */
const standIn = (name: string, prototype: object, parent: object | undefined): FunctionObject => {
  // biome-ignore lint/complexity/useArrowFunction: constructible, so that `class extends Function` fails at construction only.
  const Ctor = function (): never {
    return refuse();
  };
  ObjectDefineProperty(Ctor, 'name', { value: name, configurable: true });
  ObjectDefineProperty(Ctor, 'length', { value: 1, configurable: true });
  ObjectDefineProperty(Ctor, 'prototype', { value: prototype, writable: false, enumerable: false, configurable: false });
  if (parent !== undefined) ObjectSetPrototypeOf(Ctor, parent);
  return Ctor as unknown as FunctionObject;
};

/** Takes code generation from the global object given. Call once, before tenant code. */
export function forbidCodeGeneration(global: object): void {
  const Function = standIn('Function', FunctionPrototype, undefined);
  // `Function.prototype.constructor` is writable and configurable; the other three only configurable.
  ObjectDefineProperty(FunctionPrototype, 'constructor', { value: Function, writable: true, enumerable: false, configurable: true });
  const kinds: [string, object][] = [
    ['AsyncFunction', ObjectGetPrototypeOf(async () => {}) as object],
    ['GeneratorFunction', ObjectGetPrototypeOf(function* () {}) as object],
    ['AsyncGeneratorFunction', ObjectGetPrototypeOf(async function* () {}) as object],
  ];
  for (let i = 0; i < kinds.length; i++) {
    const { 0: name, 1: prototype } = kinds[i] as [string, object];
    ObjectDefineProperty(prototype, 'constructor', { value: standIn(name, prototype, Function), writable: false, enumerable: false, configurable: true });
  }
  ObjectDefineProperty(global, 'Function', { value: Function, writable: true, enumerable: false, configurable: true });
  // A method, so that like the original it is no constructor.
  const { eval: evaluate } = {
    eval(_source: unknown): never {
      return refuse();
    },
  };
  ObjectDefineProperty(global, 'eval', { value: evaluate, writable: true, enumerable: false, configurable: true });
}
