/** A TCP server that does what the first line it gets says; each connection for itself. */
import { createServer, type Socket } from 'node:net';

const COMMANDS: Readonly<Record<string, (socket: Socket, rest: Buffer) => void>> = {
  /** Sends back all that comes. */
  echo: (socket, rest) => {
    socket.write(rest);
    socket.pipe(socket);
  },
  /** Says something and ends its own direction. */
  bye: (socket) => {
    socket.end('bye');
    socket.resume();
  },
  /** The same, and counts what comes after. */
  count: (socket, rest) => {
    let count = rest.length;
    socket.on('data', (chunk: Buffer) => {
      count += chunk.length;
    });
    socket.on('end', () => socket.end(`${count}`));
  },
  reset: (socket) => socket.resetAndDestroy(),
  silent: () => {},
  /** Sends a million bytes and ends. */
  million: (socket) => {
    socket.end(Buffer.alloc(1_000_000, 'x'));
    socket.resume();
  },
};

export type TcpServer = { port: number /** A port where nobody listens. */; closedPort: number; connections: () => number; close(): Promise<void> };

/** Starts one on a free port. */
export async function tcpServer(): Promise<TcpServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.once('data', (chunk: Buffer) => {
      const end = chunk.indexOf('\n');
      COMMANDS[chunk.toString('utf8', 0, end)]?.(socket, chunk.subarray(end + 1));
    });
  });
  const other = createServer();
  const port = await listen(server);
  const closedPort = await listen(other);
  await new Promise((resolve) => other.close(resolve));
  return {
    port,
    closedPort,
    connections: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
}
