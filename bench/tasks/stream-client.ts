/** Sends a body of a given size and reads what comes back, on a bare socket: a client has to be quicker than what it measures. */
import { connect } from 'node:net';
import { parameters, reply } from './parent.ts';

const { port, host, bytes } = await parameters<{ port: number; host: string; bytes: number }>();
const CHUNK = Buffer.alloc(64 * 1024, 97);
const END_OF_HEAD = '\r\n\r\n';

const socket = connect({ port, host: '127.0.0.1', noDelay: true });
let received = 0;
let sent = 0;
let head: string | undefined = '';
let started = 0;

function send(): void {
  while (sent < bytes) {
    const length = Math.min(CHUNK.length, bytes - sent);
    sent += length;
    if (!socket.write(length === CHUNK.length ? CHUNK : CHUNK.subarray(0, length))) {
      socket.once('drain', send);
      return;
    }
  }
}

function finish(error?: string): void {
  reply(error === undefined ? { seconds: (performance.now() - started) / 1000 } : { error });
  socket.destroy();
}

socket.on('connect', () => {
  started = performance.now();
  socket.write(`POST / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}${END_OF_HEAD}`);
  send();
});
socket.on('data', (chunk) => {
  let payload = chunk.length;
  if (head !== undefined) {
    head += chunk.toString('latin1');
    const end = head.indexOf(END_OF_HEAD);
    if (end === -1) return;
    if (!head.startsWith('HTTP/1.1 200')) return finish(head.slice(0, 300));
    payload = head.length - end - END_OF_HEAD.length;
    head = undefined;
  }
  // Chunk sizes of a chunked answer count too: a ten-thousandth.
  received += payload;
});
socket.on('end', () => finish(received < bytes ? `${received} of ${bytes} bytes came back` : undefined));
socket.on('error', (error) => finish(error.message));
