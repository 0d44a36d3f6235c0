import { join } from 'node:path';
import { after } from 'node:test';
import { tcpServer } from '../support/tcp-server.ts';
import { contract } from './harness.ts';

// Miniflare's process ends with an exception where nobody listens.
const server = await tcpServer();
after(() => server.close());

await contract({
  name: 'Hyperdrive',
  dir: join(import.meta.dirname, 'hyperdrive'),
  miniflare: { hyperdrives: { DB: `postgres://user:secret@127.0.0.1:${server.port}/name`, MY: `mysql://user:secret@127.0.0.1:${server.port}/name` } },
});
