/**
 * What `cloudflare:workers` exports beside entrypoint.ts: base classes of products that are not here, `env` and `exports`, which
 * an app may put others in the place of, and tracing, which nobody listens to here.
 *
 * Departure: there is no asynchronous context, so that withEnv() and its kind hold until the function returns, and not beyond an `await` in it.
 * @see https://developers.cloudflare.com/workers/runtime-apis/bindings/#importing-env-as-a-global
 */
import { chunk } from '../link.ts';
import { differs } from '../compat.ts';
import {
  ErrorCtor,
  FunctionPrototypeCall,
  ProxyCtor,
  ReflectApply,
  ReflectDefineProperty,
  ReflectDeleteProperty,
  ReflectGet,
  ReflectGetOwnPropertyDescriptor,
  ReflectHas,
  ReflectOwnKeys,
  ReflectSet,
  TypeErrorCtor,
} from '../primordials.ts';
import { defineInterface } from '../webidl.ts';
import { getEnv } from './handlers.ts';

/** Base of a Durable Object class. */
export class DurableObject {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}
defineInterface(DurableObject, 'DurableObject');

/** Base of a workflow. Nothing runs them here; a warning says so when the app is read. */
export class WorkflowEntrypoint {
  readonly ctx: unknown;
  readonly env: unknown;

  constructor(ctx: unknown, env: unknown) {
    this.ctx = ctx;
    this.env = env;
  }
}
defineInterface(WorkflowEntrypoint, 'WorkflowEntrypoint');

/** What stands in the place of the app's own; undefined: nothing does. */
let otherEnv: { value: unknown } | undefined;
let otherExports: { value: unknown } | undefined;

const currentEnv = (): object | undefined => {
  if (otherEnv !== undefined) return (otherEnv.value ?? undefined) as object | undefined;
  return differs('disallow_importable_env') ? undefined : (getEnv() as object);
};
const currentExports = (): object | undefined =>
  otherExports === undefined ? chunk('rpc').ownExports() : ((otherExports.value ?? undefined) as object | undefined);

const reading = (current: () => object | undefined): ProxyHandler<object> => ({
  get: (_target, name) => {
    const inner = current();
    return inner === undefined ? undefined : ReflectGet(inner, name);
  },
  has: (_target, name) => {
    const inner = current();
    return inner !== undefined && ReflectHas(inner, name);
  },
  ownKeys: () => {
    const inner = current();
    return inner === undefined ? [] : ReflectOwnKeys(inner);
  },
  getOwnPropertyDescriptor: (_target, name) => {
    const inner = current();
    return inner === undefined ? undefined : ReflectGetOwnPropertyDescriptor(inner, name);
  },
});

/** `env`: whatever env is current. */
export const env = new ProxyCtor(
  {},
  {
    ...reading(currentEnv),
    set: (_target, name, value) => {
      const inner = currentEnv();
      return inner === undefined || ReflectSet(inner, name, value);
    },
    deleteProperty: (_target, name) => {
      const inner = currentEnv();
      return inner === undefined || ReflectDeleteProperty(inner, name);
    },
    defineProperty: (_target, name, descriptor) => {
      const inner = currentEnv();
      return inner === undefined || ReflectDefineProperty(inner, name, descriptor);
    },
  },
);

/** `exports`: as `ctx.exports`, to be read only. */
export const exports = new ProxyCtor({}, reading(currentExports));

/** `cache`: of the current request; there is none here. */
export const cache = new ProxyCtor(
  {},
  reading(() => undefined),
);

const call = (fn: unknown): unknown => {
  if (typeof fn !== 'function') throw new TypeErrorCtor("Failed to execute 'withEnv': the provided value is not of type 'function'.");
  return FunctionPrototypeCall(fn as never, undefined);
};

export function withEnv(value: unknown, fn: unknown): unknown {
  const before = otherEnv;
  otherEnv = { value };
  try {
    return call(fn);
  } finally {
    otherEnv = before;
  }
}

export function withExports(value: unknown, fn: unknown): unknown {
  const before = otherExports;
  otherExports = { value };
  try {
    return call(fn);
  } finally {
    otherExports = before;
  }
}

export function withEnvAndExports(newEnv: unknown, newExports: unknown, fn: unknown): unknown {
  return withEnv(newEnv, () => withExports(newExports, fn));
}

/** A span that nobody records. */
class Span {
  get isTraced(): boolean {
    return false;
  }

  setAttribute(_name: unknown, _value: unknown): void {}

  end(): void {}
}

const inSpan = (_name: unknown, callback: unknown, ...args: unknown[]): unknown => {
  if (typeof callback !== 'function') throw new TypeErrorCtor("Failed to execute 'enterSpan' on 'Tracing': parameter 2 is not of type 'function'.");
  const given: unknown[] = [new Span()];
  for (let i = 0; i < args.length; i++) given[i + 1] = args[i];
  return ReflectApply(callback as never, undefined, given);
};

/** `tracing` */
export const tracing = { enterSpan: inSpan, startActiveSpan: inSpan, startSpan: (): Span => new Span(), Span };

/** `abortIsolate`. @throws Error always */
export function abortIsolate(): never {
  throw new ErrorCtor('abortIsolate() is not supported here.');
}
