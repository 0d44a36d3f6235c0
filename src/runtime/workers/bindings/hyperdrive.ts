/**
 * Hyperdrive: what a driver needs to connect to a database through the host.
 *
 * Contract: host, address and port stand for the binding and for no machine; connecting to them goes where the
 * operator has said. As on Cloudflare the properties are the object's own.
 * @see https://developers.cloudflare.com/hyperdrive/
 */
import { ObjectDefineProperty, ObjectKeys } from '../../primordials.ts';
import { chunk } from '../../link.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../../webidl.ts';
import type { Socket } from '../sockets/socket.ts';

const internal = Symbol('internal');

export class Hyperdrive {
  readonly #index: number;
  readonly #address: string;

  constructor(key: unknown, index: number, address: string) {
    if (key !== internal) throw illegalConstructor();
    this.#index = index;
    this.#address = address;
  }

  /** Opens a connection to the database. */
  connect(): Socket {
    if (!isObject(this) || !(#index in this)) throw illegalInvocation();
    return chunk('sockets').connectBinding(this.#index, this.#address);
  }
}
defineInterface(Hyperdrive, 'Hyperdrive');

/** What `seen` has: the properties, by name. */
type Seen = { host: string; ip: string; port: number };

/** The object in env. */
export function bindHyperdrive(index: number, _name: string, options: Readonly<Record<string, unknown>>): Hyperdrive {
  const seen = options['seen'] as Seen;
  const address = `${seen.host}:${seen.port}`;
  const hyperdrive = new Hyperdrive(internal, index, address);
  const names = ObjectKeys(seen) as (keyof Seen)[];
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as keyof Seen;
    ObjectDefineProperty(hyperdrive, name, { value: seen[name], enumerable: true, configurable: true, writable: false });
  }
  const { overrideAddress } = chunk('sockets');
  overrideAddress(address, index);
  overrideAddress(`${seen.ip}:${seen.port}`, index);
  return hyperdrive;
}
