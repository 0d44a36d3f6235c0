/**
 * Objects on which every name is a property: stubs, and promises of what they answer.
 *
 * Contract: such an object is a Proxy that carries its state as a private field of its own, so that it can be told
 * from anything else, and that nothing of an app's can be seen through it. What an app has put on it comes first, as on
 * Workers; names that its interface has are the interface's; symbols, and numbers, are never anybody's.
 */
import {
  NumberCtor,
  ObjectHasOwn,
  ProxyCtor,
  ReflectApply,
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGet,
  ReflectGetOwnPropertyDescriptor,
  ReflectHas,
  ReflectOwnKeys,
  TypeErrorCtor,
} from '../../primordials.ts';

/** What an interface does with names, and with being called. */
export type Behaviour<S> = {
  /** The interface's prototype. */
  prototype: object;
  /** The value of a name that the interface does not have. */
  property: (state: S, name: string) => unknown;
  /** Undefined where it cannot be called. */
  call: ((state: S, args: unknown[]) => unknown) | undefined;
};

/** Returns the object it is given from its constructor, so that fields of a subclass come to lie on it. */
const Given = function (this: unknown, object: object): object {
  return object;
} as unknown as new (
  object: object,
) => object;

/** `isOwned`: the app has put something on it, which lies on the Proxy's target. */
type Inside = { state: never; behaviour: Behaviour<never>; isOwned: boolean };

let inside: (object: object) => Inside | undefined;

class Stamp extends Given {
  readonly #inside: Inside;

  constructor(object: object, inside: Inside) {
    super(object);
    this.#inside = inside;
  }

  static {
    inside = (object) => (#inside in object ? object.#inside : undefined);
  }
}

const of = (target: object): Inside => inside(target) as Inside;

/** What the app has put there. */
const isOwn = (target: object, name: PropertyKey): boolean => of(target).isOwned && ObjectHasOwn(target, name);

const MOST_INDEX = 2 ** 32 - 2;

/** Elements are asked for as those of any object. */
const isIndex = (name: string): boolean => {
  const number = NumberCtor(name);
  return number >= 0 && number <= MOST_INDEX && number % 1 === 0 && `${number}` === name;
};

const wildcardProperty = (target: object, name: PropertyKey): unknown => {
  if (typeof name === 'symbol' || isIndex(name as string)) return undefined;
  const { state, behaviour } = of(target);
  return behaviour.property(state, name as string);
};

const handler: ProxyHandler<object> = {
  get: (target, name, receiver) => {
    if (isOwn(target, name)) return ReflectGet(target, name, receiver);
    const { prototype } = of(target).behaviour;
    return ReflectHas(prototype, name) ? ReflectGet(prototype, name, receiver) : wildcardProperty(target, name);
  },
  has: (target, name) => isOwn(target, name) || ReflectHas(of(target).behaviour.prototype, name) || wildcardProperty(target, name) !== undefined,
  getPrototypeOf: (target) => of(target).behaviour.prototype,
  setPrototypeOf: () => false,
  preventExtensions: () => {
    throw new TypeErrorCtor('Cannot prevent extensions');
  },
  getOwnPropertyDescriptor: (target, name) => (of(target).isOwned ? ReflectGetOwnPropertyDescriptor(target, name) : undefined),
  ownKeys: (target) => (of(target).isOwned ? ReflectOwnKeys(target) : []),
  defineProperty: (target, name, descriptor) => {
    const live = of(target);
    if (!live.isOwned) {
      live.isOwned = true;
      // A function has some of its own.
      ReflectDeleteProperty(target, 'length');
      ReflectDeleteProperty(target, 'name');
    }
    return ReflectDefineProperty(target, name, descriptor);
  },
  deleteProperty: (target, name) => !of(target).isOwned || ReflectDeleteProperty(target, name),
  // As of any object: what is put on it, or on one that inherits from it, is its own from then on.
  set: (_target, name, value, receiver: object) => {
    const found = ReflectGetOwnPropertyDescriptor(receiver, name);
    if (found === undefined) return ReflectDefineProperty(receiver, name, { value, writable: true, enumerable: true, configurable: true });
    if (found.writable === true) return ReflectDefineProperty(receiver, name, { value });
    if (typeof found.set !== 'function') return false;
    ReflectApply(found.set, receiver, [value]);
    return true;
  },
  apply: (target, _self, args) => {
    const { state, behaviour } = of(target);
    return behaviour.call?.(state, args);
  },
};

/** Makes one. */
export function wildcard<S>(behaviour: Behaviour<S>, state: S): object {
  // An arrow function, whose own properties can all be hidden.
  const target: object = behaviour.call === undefined ? {} : () => undefined;
  const self = new ProxyCtor(target, handler);
  const stamp: Inside = { state: state as never, behaviour: behaviour as unknown as Behaviour<never>, isOwned: false };
  new Stamp(target, stamp);
  new Stamp(self, stamp);
  return self;
}

/** The state of one made with this behaviour; undefined for everything else. */
export function stateOf<S>(behaviour: Behaviour<S>, value: unknown): S | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const found = inside(value);
  return found !== undefined && (found.behaviour as unknown) === behaviour ? found.state : undefined;
}
