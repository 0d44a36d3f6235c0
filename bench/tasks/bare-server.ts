/** node:http and nothing else: what our I/O layer could reach at best. */
import { createServer } from 'node:http';
import { reply } from './parent.ts';

const server = createServer((request, response) => {
  if (request.method === 'POST') {
    response.writeHead(200);
    request.pipe(response);
    return;
  }
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8', 'content-length': 11 });
  response.end('Hello World');
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  reply({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
