/** SIGTERM, SIGINT and SIGHUP. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { answering, folder, put } from '../support/folder.ts';
import { RawClient } from '../support/request.ts';
import { serve } from '../support/server.ts';

const READING = `export default {
  async fetch(request) {
    console.log('reading');
    return new Response('read ' + await request.text());
  },
};
`;

/** Resolves when connections are refused. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (!isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('SIGTERM: accepts no more, finishes what is in flight, ends with 0', async (t) => {
  const server = await serve(t, folder({ 'app.js': READING }));
  const client = new RawClient(server.port);
  client.write('POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 4\r\n\r\nab');
  await server.line({ event: 'console', msg: 'reading' });
  server.process.signal('SIGTERM');
  await refused(server.port);
  client.write('cd');
  await client.closed;
  assert.match(client.received, /^HTTP\/1\.1 200 OK\r\n(?:.*\r\n)*connection: close\r\n(?:.*\r\n)*\r\nread abcd$/i);
  const { code, stderr } = await server.process.ended;
  assert.deepEqual([code, stderr], [0, '']);
});

test('SIGTERM: after the drain limit what is left is cut off', async (t) => {
  const server = await serve(t, folder({ 'app.js': READING, 'nano.jsonc': '{ "drain_ms": 100 }' }));
  const client = new RawClient(server.port);
  client.write('POST / HTTP/1.1\r\nhost: app.localhost\r\ncontent-length: 4\r\n\r\nab');
  await server.line({ event: 'console', msg: 'reading' });
  server.process.signal('SIGTERM');
  await client.closed;
  assert.equal(client.received, '');
  assert.equal((await server.process.ended).code, 0);
});

test('SIGHUP: the configuration is read again; a wrong one changes nothing', async (t) => {
  const dir = folder({ 'app.js': answering('app'), 'nano.jsonc': '{}' });
  const server = await serve(t, dir);
  assert.equal((await server.get('new.example')).status, 404);
  put(dir, { 'nano.jsonc': '{ "hosts": { "new.example": "app" } }' });
  server.process.signal('SIGHUP');
  await server.line({ msg: 'configuration read again' });
  assert.equal((await server.get('new.example')).text, 'app');
  put(dir, { 'nano.jsonc': '{ "hots": {} }' });
  server.process.signal('SIGHUP');
  const line = await server.line({ level: 'error', msg: /configuration is wrong/ });
  assert.match(String(line['frame']), /nano\.jsonc:1.*hots/s);
  assert.equal((await server.get('new.example')).text, 'app');
});
