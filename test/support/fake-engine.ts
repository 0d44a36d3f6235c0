/**
 * An engine without isolates, for tests of the supervisor: it speaks the messages of protocol/engine.ts and
 * answers `<app> <version> <pid>`. Paths: `/slow` waits for the next request to `/go`, `/die` kills the process,
 * `/catastrophe` reports one, `/restless` says that the app is, `/starved` that the engine is, `/hang` makes it deaf for good, `/forbidden` tries what an engine must not do, `/env` shows the environment.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AppRecord, EngineConfig, FromEngine, ToEngine } from '../../src/protocol/engine.ts';
import { LISTEN_FD } from '../../src/server/engine-launch.ts';
import { Ledger } from '../../src/server/ledger.ts';
import { ParentChannel } from '../../src/server/parent-channel.ts';

const channel = new ParentChannel<ToEngine, FromEngine>();
let config: EngineConfig;
let ledger: Ledger;
const apps = new Map<string, AppRecord>();
let requests = 0;
const waiting: (() => void)[] = [];

function tell(message: FromEngine): void {
  channel.tell(message);
}

function attempt(what: () => unknown): string {
  try {
    what();
    return 'allowed';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

const server = createServer((request, response) => {
  const name = (request.headers.host ?? '').split('.')[0] as string;
  const app = apps.get(name) ?? (config.dev ? [...apps.values()][0] : undefined);
  requests++;
  if (app === undefined) return void answer(response, 404, 'no such app');
  if (app.state !== 'ready') return void answer(response, 503, app.state);
  ledger.begin(app.slot);
  response.once('close', () => ledger.end(app.slot));
  const text = `${app.name} ${app.version} ${process.pid}`;
  switch (request.url) {
    case '/slow':
      return void waiting.push(() => answer(response, 200, text));
    case '/go':
      for (const go of waiting.splice(0)) go();
      return void answer(response, 200, text);
    case '/die':
      return void process.kill(process.pid, 'SIGKILL');
    case '/catastrophe':
      tell({ type: 'catastrophe', app: app.name, message: 'Script failed to terminate' });
      return;
    case '/restless':
      tell({ type: 'restless', app: app.name });
      return void answer(response, 200, text);
    case '/starved':
      tell({ type: 'starved' });
      return void answer(response, 200, text);
    case '/hang':
      tell({ type: 'alive' });
      return void setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    case '/forbidden':
      return void answer(
        response,
        200,
        [attempt(() => spawnSync('true')), attempt(() => readFileSync('/etc/passwd')), attempt(() => writeFileSync('/tmp/nano-forbidden', ''))].join(' '),
      );
    case '/env':
      return void answer(response, 200, JSON.stringify(process.env));
    default:
      return void answer(response, 200, text);
  }
});

/** 0 on a Unix socket. */
function portOf(listening: typeof server): number {
  const address = listening.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(text) }).end(text);
}

function receive(message: ToEngine): void {
  switch (message.type) {
    case 'configure':
      config = message.config;
      ledger = new Ledger(config.ledgerFile);
      return tell({ type: 'ready' });
    case 'apps':
      for (const name of message.gone) apps.delete(name);
      for (const app of message.apps) apps.set(app.name, app);
      return tell({ type: 'applied', apps: apps.size });
    case 'listen':
      return void server.listen({ fd: LISTEN_FD }, () => tell({ type: 'listening', port: portOf(server) }));
    case 'drain':
      server.close(() => {
        tell({ type: 'drained' });
        process.exit(0);
      });
      tell({ type: 'closed' });
      server.closeIdleConnections();
      setTimeout(() => process.exit(0), message.ms).unref();
      return;
    case 'metrics':
      return tell({
        type: 'metrics',
        call: message.call,
        text: JSON.stringify([
          { name: 'nano_requests_total', help: 'r', type: 'counter', aggregator: 'sum', values: [{ value: requests, labels: { app: 'a' } }] },
        ]),
        isLast: true,
      });
  }
}

channel.onMessage(receive);
channel.onEnd(() => process.exit(0));
// A terminal sends Ctrl+C to the whole group; the supervisor decides what follows from it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
