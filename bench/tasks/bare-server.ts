/** node:http and nothing else: what our I/O layer could reach at best. */
import { createServer } from 'node:http';
import { reply } from './parent.ts';

let large = Buffer.alloc(0);
const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(200);
    request.pipe(response);
    return;
  }
  // "/N": so many bytes.
  const bytes = Number(request.url?.slice(1));
  if (bytes > 0 && large.length !== bytes) large = Buffer.alloc(bytes, 7);
  const body = bytes > 0 ? large : 'Hello World';
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8', 'content-length': body.length });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  reply({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
