/** Where the tests come from: the suite's files over plain HTTP. A test finds its data, and its own page, beside itself. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, posix } from 'node:path';
import type { Suite } from './suite.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.idl': 'text/plain',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.wasm': 'application/wasm',
  '.xml': 'text/xml',
};

export type Origin = { readonly url: string; close(): void };

export async function serveSuite(suite: Suite): Promise<Origin> {
  const server = createServer((request, response) => {
    const path = posix.normalize(new URL(request.url ?? '/', 'http://origin').pathname).slice(1);
    const isPage = path.endsWith('.any.worker.html');
    if (!isPage && !suite.hasFile(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' });
    response.end(isPage ? '<!doctype html>' : suite.bytes(path));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
