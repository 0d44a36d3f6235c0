/**
 * Who a request comes from, as the app is told.
 *
 * Contract: what a client says of itself is believed of nobody. A peer on this machine or in a private network is taken
 * for a reverse proxy: what it says of its client counts. Any other peer is the client itself.
 */
import { BlockList, isIP, type Socket } from 'node:net';
import type { Forwarded } from './request-head.ts';

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv6');
}

/** The address at the other end of a connection. */
type Peer = { address: string; isProxy: boolean; headers: string };

const peers = new WeakMap<Socket, Peer>();

/** What an app is told of a request's origin. */
export type Origin = { scheme: 'http' | 'https' /** `\nname\nvalue…` */; headers: string };

/** The origin of a request on this connection, with what the connection's peer says of it. */
export function originOf(socket: Socket, forwarded: Forwarded | undefined): Origin {
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = readPeer(socket.remoteAddress);
    peers.set(socket, peer);
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

const readPeer = (remote: string | undefined): Peer => {
  // A connection that has gone already has no address.
  const raw = remote ?? '127.0.0.1';
  const address = raw.startsWith('::ffff:') && isIP(raw.slice(7)) === 4 ? raw.slice(7) : raw;
  const bare = address.split('%')[0] as string;
  return { address: bare, isProxy: PRIVATE.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4'), headers: headersFor(bare, 'http') };
};

const headersFor = (address: string, scheme: string): string => `\ncf-connecting-ip\n${address}\nx-forwarded-proto\n${scheme}\nx-real-ip\n${address}`;

/** The last of a list: what the nearest proxy says. */
const lastOf = (list: string | undefined): string | undefined => list?.slice(list.lastIndexOf(',') + 1).trim();
