/** Stand-ins for the processes that are asked one thing, as somebody who has taken one over would write them; and an admin server that has them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { put } from '../../test/support/folder.ts';
import { until } from '../../test/support/http.ts';
import { type Answer, send } from '../../test/support/request.ts';
import { startAdminServer } from '../control/admin-server.ts';
import type { AdminRoute } from '../control/route.ts';

const PROGRAM = (body: string): string => `
  import { closeSync, writeFileSync, writeSync } from 'node:fs';
  import { dirname, join } from 'node:path';
  const frame = (text) => { const bytes = Buffer.from(text); const head = Buffer.alloc(4); head.writeUInt32LE(bytes.length); return Buffer.concat([head, bytes]); };
  const raw = (bytes) => { for (let at = 0; at < bytes.length; ) at += writeSync(3, bytes, at); };
  const say = (...messages) => raw(Buffer.concat(messages.map((message) => frame(JSON.stringify(message)))));
  const write = (text) => { const bytes = Buffer.from(text); for (let at = 0; at < bytes.length; ) at += writeSync(1, bytes, at); };
  const live = () => setInterval(() => {}, 1 << 30);
  writeFileSync(join(dirname(process.argv[1]), 'pid'), String(process.pid));
  ${body}`;

/** What is none of the answers that there are; the process would live on. */
export const ODD: Readonly<Record<string, string>> = {
  'no frame at all': "raw(Buffer.from('GET / HTTP/1.1\\r\\n\\r\\n')); live();",
  'a frame longer than any': 'raw(Buffer.from([255, 255, 255, 255])); live();',
  'a frame a little longer than any': 'const head = Buffer.alloc(4); head.writeUInt32LE(1024 * 1024 + 1); raw(head); live();',
  'no JSON': 'raw(frame(\'{"type":\')); live();',
  'a line that Node.js would take for its own': 'raw(frame(\'{"cmd":"NODE_HANDLE","type":"net.Socket"}\')); live();',
  null: "raw(frame('null')); live();",
  'a list': "raw(frame('[]')); live();",
  'a type that there is not': "say({ type: 'constructor' }); live();",
  'a type that is no text': "say({ type: ['value'] }); live();",
  'a field too few': "say({ type: 'value' }); live();",
  'a field too many': "say({ type: 'value', bytes: 2, value: [] }); write('[]'); live();",
  'bytes that are no number': "say({ type: 'value', bytes: '2' }); write('[]'); live();",
  'fewer bytes than none': "say({ type: 'value', bytes: -1 }); live();",
  'half a byte': "say({ type: 'value', bytes: 1.5 }); live();",
  'more bytes than there may be': "say({ type: 'value', bytes: 1e12 }); for (;;) write(' '.repeat(65536));",
  'an error of another kind': "say({ type: 'error', kind: 'constructor', message: '' }); live();",
  'an error whose text is none': "say({ type: 'error', kind: 'failed', message: { toString: null } }); live();",
  'nothing but frames': "for (;;) raw(frame('{}'));",
};

/** What is an answer that breaks off, or goes on where it should not. */
export const BROKEN: Readonly<Record<string, string>> = {
  'two answers': "say({ type: 'value', bytes: 2 }, { type: 'value', bytes: 2 }); live();",
  'an answer, and frames for ever': "for (;;) say({ type: 'value', bytes: 2 });",
  'fewer bytes than it says': "say({ type: 'value', bytes: 3 }); write('[]');",
  'more bytes than it says': "write('[' + '1,'.repeat(1000)); say({ type: 'value', bytes: 2 }); live();",
};

/** What is no answer. */
export const SILENT: Readonly<Record<string, string>> = {
  'it ends': 'process.exit(0);',
  'it ends within a length': 'raw(Buffer.from([9, 0]));',
  'it ends within a frame': "raw(frame('{}').subarray(0, 5));",
  'it closes the pipe, and lives on': 'closeSync(3); live();',
  'it closes the pipe, and writes for ever': "closeSync(3); for (;;) write(' '.repeat(65536));",
};

/** Puts a stand-in into the folder that its kind of process may read and write. @returns its file */
export function standIn(dir: string, body: string): string {
  put(dir, { 'stand-in.mjs': PROGRAM(body) });
  return join(dir, 'stand-in.mjs');
}

/** Resolves when the stand-in runs. @returns its id */
export async function hasBegun(dir: string): Promise<number> {
  const file = join(dir, 'pid');
  await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
  return Number(readFileSync(file, 'utf8'));
}

/** Resolves when the stand-in has run, and is gone. */
export async function isGone(dir: string): Promise<void> {
  const pid = await hasBegun(dir);
  await until(() => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
}

export type Post = (path: string, body?: string) => Promise<Answer>;

/** An admin server with a route, and how it is asked. */
export async function admin(t: TestContext, route: AdminRoute): Promise<{ port: number; post: Post }> {
  const source = { isReady: () => true, apps: () => [], metrics: async () => '', usage: () => Promise.reject(new Error('not asked')) };
  const { port, close } = await startAdminServer(source, '127.0.0.1', 0, [route]);
  t.after(close);
  return { port, post: (path, body = '') => send(port, { path, method: 'POST', body, headers: { host: 'localhost' } }) };
}
