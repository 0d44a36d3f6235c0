import { join } from 'node:path';
import { after } from 'node:test';
import { tcpServer } from '../support/tcp-server.ts';
import { contract } from './harness.ts';

const server = await tcpServer();
after(() => server.close());
const vars = { PORT: `${server.port}`, CLOSED: `${server.closedPort}` };

await contract({
  name: 'TCP sockets',
  dir: join(import.meta.dirname, 'sockets'),
  args: Object.entries(vars).flatMap(([name, value]) => ['--var', `${name}:${value}`]),
  miniflare: { bindings: vars },
  differences: {
    'readable: is at its end where nobody listens': {
      reason: 'workerd rejects a read that is under way with "Stream was cancelled.", and tells one that begins later of the end',
      nano: { done: true },
    },
  },
});
