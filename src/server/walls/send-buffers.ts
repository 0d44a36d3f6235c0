/** How much of what is sent the kernel keeps for a connection, where there is a libc to say so with. */
import type { Socket } from 'node:net';
import { classifyAddress } from '../../ops/egress/addresses.ts';
import type { Libc } from './libc.ts';

/** The kernel takes it twice, for what it keeps beside the bytes. */
const SEND_BUFFER_BYTES = 384 * 1024;

/**
 * A bound for connections from this machine, of reverse proxies mostly: whoever reads beside us needs no more on its way than
 * goes into the processor's caches. By itself the kernel lets it grow to 4 MB, for networks that are far; every byte of a large
 * response then goes to memory and comes back: a fifth fewer responses of 10 MB (docs/benchmarks.md, R2).
 * @returns what to call with each new connection; undefined where nothing can be done
 */
export function boundSendBuffers(libc: Libc | undefined): ((socket: Socket) => void) | undefined {
  if (libc === undefined) return undefined;
  return (socket) => {
    const { remoteAddress } = socket;
    if (remoteAddress === undefined || classifyAddress(remoteAddress) !== 'loopback') return;
    const descriptor = descriptorOf(socket);
    if (descriptor !== undefined) libc.setSendBuffer(descriptor, SEND_BUFFER_BYTES);
  };
}

/** Node has no name for it. */
const descriptorOf = (socket: Socket): number | undefined => {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : undefined;
};
