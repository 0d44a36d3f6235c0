/**
 * Web API objects that can be cloned or transferred. Each interface adds itself; nothing here knows any.
 *
 * Contract: a brand check is a private-field check: it neither throws nor runs tenant code.
 *
 * @see https://html.spec.whatwg.org/#serializable-objects
 * @see https://html.spec.whatwg.org/#transferable-objects
 */
import { chunk, peek } from '../link.ts';
import { ArrayPrototypePush } from '../primordials.ts';

type Cloneable = { isBranded: (value: unknown) => boolean; serialise: (value: never) => unknown; deserialise: (data: never) => object };

/** How an interface's objects are moved. */
export type Transfer = { isDetached: (value: never) => boolean; transfer: (value: never) => object };

const cloneables: Cloneable[] = [];
const transferables: { isBranded: (value: unknown) => boolean; how: Transfer }[] = [];

/**
 * Makes an interface serialisable.
 * @param serialise takes what the clone needs from the object; throws a DataCloneError when it cannot be cloned in its state
 * @param deserialise makes the clone from it
 */
export function registerCloneable<T extends object, D>(
  isBranded: (value: unknown) => value is T,
  serialise: (value: T) => D,
  deserialise: (data: D) => T,
): void {
  ArrayPrototypePush(cloneables, { isBranded, serialise, deserialise });
}

/** Makes an interface transferable. `transfer` detaches the object and returns the one that takes its place. */
export function registerTransferable<T extends object>(
  isBranded: (value: unknown) => value is T,
  isDetached: (value: T) => boolean,
  transfer: (value: T) => T,
): void {
  ArrayPrototypePush(transferables, { isBranded, how: { isDetached, transfer } });
}

/** The clone of a serialisable Web API object; undefined for every other value. */
export function clonePlatformObject(value: object): object | undefined {
  // The last one registered first: subclasses come after their base.
  for (let i = cloneables.length - 1; i >= 0; i--) {
    const it = cloneables[i] as Cloneable;
    if (it.isBranded(value)) return it.deserialise(it.serialise(value as never) as never);
  }
  return undefined;
}

/** How a Web API object is transferred; undefined when it cannot be. */
export function transferOf(value: object): Transfer | undefined {
  for (let i = 0; i < transferables.length; i++) {
    const it = transferables[i] as (typeof transferables)[number];
    if (it.isBranded(value)) return it.how;
  }
  // Streams are transferred so seldom that how it is done comes only now.
  if (peek('streams') === undefined || peek('transfer') !== undefined) return undefined;
  chunk('transfer');
  return transferOf(value);
}
