/**
 * The socket that clients connect to. The supervisor binds it and keeps it; engines inherit it as a file
 * descriptor and listen on it. It stays open while no engine is there, so a connection made in that moment
 * waits in the kernel's queue instead of being refused.
 *
 * node:cluster is no help here: it closes the shared socket when the last worker that used it has gone.
 */
import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { StartError } from './start-error.ts';

export type Listener = {
  readonly address: string;
  readonly port: number;
  /** To be handed to a child process through `stdio`. */
  readonly fd: number;
  close(): void;
};

const RETRY_MS = 50;

/**
 * Binds host and port (0: any free port).
 * @param host a numeric address or a name with one
 * @param flag the command-line option that chooses the port, for the message
 * @param waitMs how long to wait for whoever has it now and is about to end
 * @throws StartError
 */
export async function bindListener(host: string, port: number, flag: string, waitMs = 0): Promise<Listener> {
  let address = host;
  if (net.isIP(host) === 0) {
    try {
      address = (await lookup(host)).address;
    } catch {
      throw new StartError(`cannot listen on ${host}: there is no such host`);
    }
  }
  for (const deadline = performance.now() + waitMs; ; ) {
    try {
      return bind(address, port);
    } catch (error) {
      if (performance.now() >= deadline || codeOf(error) !== 'EADDRINUSE') throw new StartError(explain(error, address, port, flag));
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

function bind(address: string, port: number): Listener {
  if (net.BoundSocket !== undefined) {
    const socket = new net.BoundSocket({ host: address, port });
    return { address, port: socket.address().port, fd: socket.fd(), close: () => socket[Symbol.dispose]() };
  }
  return bindByHandle(address, port);
}

/** Binds a Unix socket, for engines of one trust group: kept and handed on like the public one. @throws what binding throws */
export function bindPath(path: string): { readonly fd: number; close(): void } {
  if (net.BoundSocket !== undefined) {
    // Not in the types yet.
    const socket = new net.BoundSocket({ path } as object);
    return { fd: socket.fd(), close: () => socket[Symbol.dispose]() };
  }
  const { fd, close } = bindByHandle(path, -1, -1);
  return { fd, close };
}

type RawHandle = { fd: number; getsockname(into: { port?: number }): number; close(): void };

/** Node before 26.4 has no public way to bind without accepting; this is what node:cluster itself uses. */
function bindByHandle(address: string, port: number, family = net.isIP(address)): Listener {
  const create = (net as unknown as { _createServerHandle(address: string, port: number, family: number): RawHandle | number })._createServerHandle;
  const handle = create(address, port, family);
  if (typeof handle === 'number') throw Object.assign(new Error('bind failed'), { errno: handle });
  if (family === -1) return { address, port, fd: handle.fd, close: () => handle.close() };
  const name: { port?: number } = {};
  const failure = handle.getsockname(name);
  if (failure !== 0) {
    handle.close();
    throw Object.assign(new Error('bind failed'), { errno: failure });
  }
  return { address, port: name.port ?? port, fd: handle.fd, close: () => handle.close() };
}

/** Why an address cannot be listened on, with what to do about it. */
export function explain(error: unknown, address: string, port: number, flag: string): string {
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const code = codeOf(error);
  if (code === 'EADDRINUSE') return `port ${port} is in use on ${address}: stop what uses it, or choose another with ${flag}`;
  if (code === 'EACCES') return `no permission to listen on ${place}: ports below 1024 need a privilege; choose another with ${flag}`;
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${place}: this machine does not have that address`;
  return `cannot listen on ${place}: ${code ?? (error as Error).message}`;
}

function codeOf(error: unknown): string | undefined {
  const { code, errno } = error as NodeJS.ErrnoException;
  return code ?? errnoName(errno);
}

function errnoName(errno: number | undefined): string | undefined {
  if (errno === undefined) return undefined;
  return { [-98]: 'EADDRINUSE', [-48]: 'EADDRINUSE', [-13]: 'EACCES', [-99]: 'EADDRNOTAVAIL', [-49]: 'EADDRNOTAVAIL' }[errno];
}
