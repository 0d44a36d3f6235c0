/** Everything of the front, wired: the HTTP listener of engines, with a relay where engines have their apps. */
import { watchDescriptors } from '../base/descriptors.ts';
import { Openings } from '../base/openings.ts';
import { Listener } from '../http/listener.ts';
import { Upgrades } from '../http/upgrade.ts';
import { createLog, type Log } from '../observe/log.ts';
import { LogObserver } from '../observe/log-observer.ts';
import { MetricsObserver } from '../observe/metrics-observer.ts';
import { Observers } from '../observe/observers.ts';
import type { EngineConfig, TableNews } from '../protocol/engine.ts';
import { normaliseHost } from '../router/host.ts';
import { createRouteTable, type RouteTable } from '../router/table.ts';
import { AppTable } from './app-table.ts';
import { Elsewhere } from './elsewhere.ts';
import { groupSocket } from './group-socket.ts';
import type { Libc } from './walls/libc.ts';
import { boundSendBuffers } from './walls/send-buffers.ts';

/** How often a drain looks whether requests are still under way. */
const DRAIN_STEP_MS = 50;
/** A connection may be about to send a request when a drain begins. */
const DRAIN_GRACE_MS = 500;

export class Front {
  readonly #log: Log;
  readonly #metrics: MetricsObserver;
  readonly #elsewhere = new Elsewhere((host, target) => this.#routes.match(host, target));
  readonly #listener: Listener;
  readonly #socketDir: string;
  readonly #table = new AppTable();
  #routes: RouteTable = createRouteTable([]);

  constructor(config: EngineConfig, libc?: Libc) {
    this.#log = createLog({ level: config.logLevel });
    this.#metrics = new MetricsObserver(() => ({ isolates: { active: 0, idle: 0, condemned: 0, spare: 0 }, heapBytes: 0, byApp: new Map() }));
    this.#socketDir = config.groupSockets ?? '';
    watchDescriptors((text) => this.#log.error(text, { process: 'front' }));
    const observer = new Observers([this.#metrics, new LogObserver(this.#log)]);
    const limit = config.descriptors ?? Number.POSITIVE_INFINITY;
    // Connections to engines are kept for a moment when nobody needs them any more.
    const openings = new Openings({ limit, reserved: limit / 4, onRefused: (name, detail) => observer.limit(name, '', undefined, 'connections', detail) });
    this.#listener = new Listener({
      openings,
      sites: { find: () => undefined },
      observer,
      openBody: () => {
        throw new Error('the front reads no body');
      },
      prepare: boundSendBuffers(libc),
      normaliseHost,
      upgrades: new Upgrades(() => {
        throw new Error('the front opens no WebSocket');
      }, {}),
      elsewhere: (host, target) => this.#elsewhere.find(host, target) ?? ((passage) => passage.refuse('unknownHost', `no app for ${host}`)),
      urlBytes: config.urlBytes,
      headerBytes: config.headerBytes,
      headMs: config.headMs,
      idleMs: config.idleMs,
      trustedProxies: config.trustedProxies,
      dev: config.dev,
    });
  }

  changeApps(news: TableNews): void {
    const isRerouted = this.#table.change(news);
    const apps = this.#table.rows;
    if (isRerouted) this.#routes = createRouteTable(apps);
    this.#elsewhere.setPlaces(new Map(apps.map(({ name, group, aside }) => [name, aside ?? groupSocket(this.#socketDir, group)])));
  }

  listen(where: { port: number; host: string } | { fd: number }): Promise<number> {
    return this.#listener.listen(where);
  }

  metrics(): AsyncIterable<string> {
    return this.#metrics.collect();
  }

  /**
   * Stops accepting; resolves when the last connection has gone, after `ms` at most.
   * @param onQuiet told when no request is under way any more; WebSockets end with their engines
   */
  async drain(ms: number, onQuiet: () => void): Promise<void> {
    const until = performance.now() + ms;
    const grace = performance.now() + DRAIN_GRACE_MS;
    let isClosed = false;
    void this.#listener.drain().then(() => {
      isClosed = true;
    });
    let isQuiet = false;
    while (!isClosed && performance.now() < until) {
      if (!isQuiet && performance.now() > grace && this.#elsewhere.active === 0) {
        isQuiet = true;
        onQuiet();
      }
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
    if (!isQuiet) onQuiet();
  }

  close(): void {
    this.#listener.destroy();
    this.#elsewhere.close();
    this.#log.flushSync();
  }
}
