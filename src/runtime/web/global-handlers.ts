/**
 * The event handler attributes of the global scope: onerror, onrejectionhandled and onunhandledrejection.
 *
 * They are accessors from the start, because what is set must be seen; what they do is a chunk of its own.
 *
 * @see https://html.spec.whatwg.org/#handler-workerglobalscope-onerror
 */
import { chunk, peek } from '../link.ts';
import { ObjectDefineProperty, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';
import { illegalInvocation } from '../webidl.ts';

/** Defines the attributes. */
export function installGlobalHandlers(global: object): void {
  const check = (self: unknown): void => {
    if (self !== undefined && self !== null && self !== global) throw illegalInvocation();
  };
  const types = ['error', 'rejectionhandled', 'unhandledrejection'];
  for (let i = 0; i < types.length; i++) {
    const type = types[i] as string;
    const name = `on${type}`;
    const accessor = {
      get [name](): unknown {
        check(this);
        return peek('handlers')?.handlerOf(type) ?? null;
      },
      set [name](value: unknown) {
        check(this);
        chunk('handlers').setHandler(type, value);
      },
    };
    ObjectDefineProperty(global, name, ReflectGetOwnPropertyDescriptor(accessor, name) as PropertyDescriptor);
  }
}
