/**
 * Who a request comes from, as the app is told.
 *
 * Contract: what a client says of itself is believed of nobody. What a reverse proxy that the operator trusts says of
 * its client counts. Any other peer is the client itself.
 */
import { BlockList, isIP, type Socket } from 'node:net';
import type { Forwarded } from './request-head.ts';

/** The address at the other end of a connection. */
type Peer = { address: string; isProxy: boolean; headers: string };

/** What an app is told of a request's origin. */
export type Origin = { scheme: 'http' | 'https' /** `\nname\nvalue…` */; headers: string };

/** The peers of a server, and who of them is believed. */
export class Peers {
  readonly #trusted = new BlockList();
  readonly #trustsAll: boolean;
  readonly #known = new WeakMap<Socket, Peer>();

  /** @param trusted addresses and networks ("10.0.0.0/8") of reverse proxies, or everybody, where only the front can connect */
  constructor(trusted: readonly string[] | 'everybody') {
    this.#trustsAll = trusted === 'everybody';
    if (trusted === 'everybody') return;
    for (const network of trusted) {
      const [address = '', prefix] = network.split('/');
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
      if (prefix === undefined) this.#trusted.addAddress(address, family);
      else this.#trusted.addSubnet(address, Number(prefix), family);
    }
  }

  /** The origin of a request on this connection, with what the connection's peer says of it. */
  originOf(socket: Socket, forwarded: Forwarded | undefined): Origin {
    let peer = this.#known.get(socket);
    if (peer === undefined) {
      peer = this.#read(socket.remoteAddress);
      this.#known.set(socket, peer);
    }
    if (forwarded === undefined) return { scheme: 'http', headers: peer.headers };
    if (!peer.isProxy) {
      const list = forwarded.for === undefined ? '' : `\nx-forwarded-for\n${forwarded.for}, ${peer.address}`;
      return { scheme: 'http', headers: peer.headers + list };
    }
    const scheme = lastOf(forwarded.proto)?.toLowerCase() === 'https' ? 'https' : 'http';
    const client = [forwarded.cfConnectingIp, forwarded.realIp, forwarded.for].map(lastOf).find((address) => address !== undefined && isIP(address) !== 0);
    const list = forwarded.for === undefined ? '' : `\nx-forwarded-for\n${forwarded.for}`;
    return { scheme, headers: headersFor(client ?? peer.address, scheme) + list };
  }

  #read(remote: string | undefined): Peer {
    // A connection that has gone already has no address.
    const raw = remote ?? '127.0.0.1';
    const address = raw.startsWith('::ffff:') && isIP(raw.slice(7)) === 4 ? raw.slice(7) : raw;
    const bare = address.split('%')[0] as string;
    return { address: bare, isProxy: this.#trustsAll || this.#trusted.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4'), headers: headersFor(bare, 'http') };
  }
}

const headersFor = (address: string, scheme: string): string => `\ncf-connecting-ip\n${address}\nx-forwarded-proto\n${scheme}\nx-real-ip\n${address}`;

/** The last of a list: what the nearest proxy says. */
const lastOf = (list: string | undefined): string | undefined => list?.slice(list.lastIndexOf(',') + 1).trim();
