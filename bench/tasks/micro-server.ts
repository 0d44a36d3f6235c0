/** The micro benchmarks in Node itself. */
import { createServer } from 'node:http';
// @ts-expect-error: plain JavaScript, shared with runtimes that know no types
import app from '../micro/app.js';
import { reply } from './parent.ts';

const server = createServer((request, response) => {
  (app as { fetch(request: Request): Promise<Response> })
    .fetch(new Request(`http://localhost${request.url ?? '/'}`))
    .then((answer) => answer.text())
    .then((text) => response.end(text));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  reply({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
