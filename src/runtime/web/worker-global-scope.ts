/**
 * WorkerGlobalScope and ServiceWorkerGlobalScope: the interfaces of the global object, for those who ask what it is.
 *
 * Departure: the global's members are its own properties; some of them are on these prototypes once more.
 *
 * @see https://html.spec.whatwg.org/#workerglobalscope
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/
 */
import { ObjectDefineProperty, ObjectSetPrototypeOf, ReflectGet, ReflectGetOwnPropertyDescriptor } from '../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation } from '../webidl.ts';
import { EventTarget } from './event-target.ts';

export class WorkerGlobalScope extends EventTarget {
  constructor() {
    super();
    throw illegalConstructor();
  }
}

export class ServiceWorkerGlobalScope extends WorkerGlobalScope {}

const ATTRIBUTES = ['crypto', 'navigator', 'performance', 'scheduler', 'self'];
/** The others would load the chunks they are in. */
const OPERATIONS = ['fetch', 'reportError'];

/** Puts the interfaces between a global object and Object.prototype. */
export function installScopeInterfaces(global: object): void {
  const { prototype } = WorkerGlobalScope;
  const check = (self: unknown): void => {
    if (self !== undefined && self !== null && self !== global) throw illegalInvocation();
  };
  for (let i = 0; i < ATTRIBUTES.length; i++) {
    const name = ATTRIBUTES[i] as string;
    const accessor = {
      get [name](): unknown {
        check(this);
        return ReflectGet(global, name);
      },
      set [name](value: unknown) {
        check(this);
        ObjectDefineProperty(global, name, { value, writable: true, enumerable: true, configurable: true });
      },
    };
    const { get, set } = ReflectGetOwnPropertyDescriptor(accessor, name) as PropertyDescriptor;
    const isReplaceable = name === 'performance' || name === 'scheduler';
    ObjectDefineProperty(prototype, name, { get, set: isReplaceable ? set : undefined, enumerable: true, configurable: true } as PropertyDescriptor);
  }
  for (let i = 0; i < OPERATIONS.length; i++) {
    const name = OPERATIONS[i] as string;
    ObjectDefineProperty(prototype, name, { value: ReflectGet(global, name), writable: true, enumerable: true, configurable: true });
  }
  ObjectSetPrototypeOf(global, ServiceWorkerGlobalScope.prototype);
}

defineInterface(WorkerGlobalScope, 'WorkerGlobalScope');
defineInterface(ServiceWorkerGlobalScope, 'ServiceWorkerGlobalScope');
ObjectSetPrototypeOf(WorkerGlobalScope, EventTarget);
ObjectSetPrototypeOf(ServiceWorkerGlobalScope, WorkerGlobalScope);
