/**
 * Objects on which every name is a property: stubs, and promises of what they answer.
 *
 * Contract: such an object is a Proxy that carries its state as a private field of its own, so that it can be told
 * from anything else, and that nothing of an app's can be seen through it. Names that its interface has are the
 * interface's; symbols are never anybody's.
 */
import { ProxyCtor, ReflectGet, ReflectHas } from '../../primordials.ts';

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

type Inside = { state: unknown; behaviour: Behaviour<never> };

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

const of = (target: object): { state: never; behaviour: Behaviour<never> } => inside(target) as { state: never; behaviour: Behaviour<never> };

const handler: ProxyHandler<object> = {
  get: (target, name, receiver) => {
    const { state, behaviour } = of(target);
    const { prototype } = behaviour;
    if (typeof name === 'symbol' || ReflectHas(prototype, name)) return ReflectGet(prototype, name, receiver);
    return behaviour.property(state, name);
  },
  has: (target, name) => ReflectHas(of(target).behaviour.prototype, name),
  getPrototypeOf: (target) => of(target).behaviour.prototype,
  setPrototypeOf: () => false,
  getOwnPropertyDescriptor: () => undefined,
  ownKeys: () => [],
  defineProperty: () => false,
  deleteProperty: () => false,
  set: () => false,
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
  const stamp = { state, behaviour: behaviour as unknown as Behaviour<never> };
  new Stamp(target, stamp);
  new Stamp(self, stamp);
  return self;
}

/** The state of one made with this behaviour; undefined for everything else. */
export function stateOf<S>(behaviour: Behaviour<S>, value: unknown): S | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const found = inside(value);
  return found !== undefined && (found.behaviour as unknown) === behaviour ? (found.state as S) : undefined;
}
