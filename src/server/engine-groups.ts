/**
 * The engines of all trust groups, and who takes connections for them.
 *
 * - **direct**, while all apps are of one group: its engines accept on the public socket.
 * - **divided**, from the second group on, until the next start: each group has engines of its own on a socket of its
 *   own, and a front accepts on the public socket and passes requests on.
 *
 * Apps of a group that are set aside have one more engine, on a socket of its own, for requests from outside: whoever
 * accepts connections passes them on, the front, or the group's own engines while there is none.
 *
 * Invariants: an engine is told of its own group's apps alone, from its first table to its last; engines of a divided
 * server do not have the public socket. The step from direct to divided refuses no connection: the front listens
 * before the engines that listened till then finish what they have and go.
 */
import { rmSync } from 'node:fs';
import type { AppRecord, StandsBack } from '../protocol/engine.ts';
import type { Clock } from './clock.ts';
import type { EngineEvents, EngineProcess } from './engine-process.ts';
import { Engines, type EnginesOptions } from './engines.ts';
import { groupSocket } from './group-socket.ts';
import { bindPath } from './listen-socket.ts';
import { makeSocketFolder } from './socket-folder.ts';
import { DEFAULT_GROUP } from './trust.ts';

/** What a process is started as. */
export type EngineRole =
  /** `group` undefined: the group of whatever app comes first. `isBehindFront`: it has its group's socket, not the public one. */
  | { kind: 'engine'; group: string | undefined; fd: number; isBehindFront: boolean /** For apps that are set aside. */; standsBack?: StandsBack }
  | { kind: 'front'; fd: number; socketDir: string };

export type EngineGroupsOptions = Pick<EnginesOptions, 'clock' | 'onDeath' | 'onCatastrophe' | 'onListening'> & {
  clock: Clock;
  /** The descriptor of the public socket. */
  publicFd(): number;
  /** How many engines a group has. @param alone there is no other group */
  size(group: string, alone: boolean): { count: number; spares: number };
  fronts: number;
  launch(role: EngineRole, apps: readonly AppRecord[], events: EngineEvents): EngineProcess;
  /** What engines that make room get to finish, in milliseconds. */
  drainMs(): number;
  /** The engines of a group, or the front, do not start; `retry` is called later. */
  onStuck(error: unknown): void;
  /** An engine for apps that are set aside gets no CPU, and is replaced. */
  onStarved(engine: EngineProcess): void;
  /** From now on there is a front. */
  onDivided(groups: readonly string[]): void;
  retry(): void;
};

type Group = { engines: Engines; closeSocket(): void };

const RETRY_MS = 5000;
/** An engine for apps that are set aside may take a while to be replaced. */
const ONE = { count: 1, spares: 0 };

export class EngineGroups {
  readonly #options: EngineGroupsOptions;
  #direct: { group: string | undefined; engines: Engines } | undefined;
  readonly #groups = new Map<string, Group>();
  /** Of each group with apps set aside, their engine. */
  readonly #asides = new Map<string, Group>();
  /** Groups whose engine for them has listened: requests are passed on to no other. */
  readonly #placed = new Set<string>();
  #front: Engines | undefined;
  /** Engines that finish what they have. */
  readonly #leaving = new Map<Engines, string>();
  #apps: readonly AppRecord[] = [];
  #socketDir: string | undefined;
  #cancelRetry: (() => void) | undefined;
  #isStopping = false;

  constructor(options: EngineGroupsOptions) {
    this.#options = options;
  }

  /** Processes that accept connections. */
  get listening(): number {
    return (this.#direct?.engines ?? this.#front)?.listening ?? 0;
  }

  get alive(): readonly EngineProcess[] {
    return this.#sets().flatMap(({ engines }) => engines.alive);
  }

  /** Engines that serve an app. */
  serving(app: string): readonly EngineProcess[] {
    const record = this.#apps.find(({ name }) => name === app);
    if (record?.aside !== undefined) return this.#asides.get(record.group)?.engines.serving ?? [];
    if (this.#direct !== undefined) return this.#direct.engines.serving;
    return this.#groups.get(record?.group ?? '')?.engines.serving ?? [];
  }

  /** Processes by what they are doing, by group; fronts under "". */
  states(): Record<string, Record<string, number>> {
    const states: Record<string, Record<string, number>> = {};
    for (const { group, engines } of this.#sets()) {
      const sum = (states[group] ??= {});
      for (const [state, count] of Object.entries(engines.states())) sum[state] = (sum[state] ?? 0) + count;
    }
    return states;
  }

  /** Resolves when all listen. @throws StartError when they die again and again before they ever did */
  async start(apps: readonly AppRecord[]): Promise<void> {
    this.#apps = apps;
    const names = groupsOf(apps);
    if (names.length > 1) return this.#divide(apps, names);
    this.#direct = { group: names[0], engines: this.#open({ kind: 'engine', group: names[0], fd: this.#options.publicFd(), isBehindFront: false }, true) };
    await this.#direct.engines.start(apps);
  }

  /** Resolves when requests are served by the new table; as far as engines start. Calls must not overlap. */
  async setApps(apps: readonly AppRecord[]): Promise<void> {
    const before = this.#apps;
    this.#apps = apps;
    const names = groupsOf(apps);
    this.#cancelRetry?.();
    try {
      this.#apps = await this.#openAsides(apps);
      if (this.#direct === undefined) await this.#setDivided(this.#apps, before, names);
      else if (this.#fitsDirect(names)) await this.#setDirect(this.#direct, this.#apps, names);
      else await this.#divide(this.#apps, names);
      this.#closeAsides();
    } catch (error) {
      if (!this.#isStopping) this.#stuck(error);
    }
  }

  /** Brings states of apps to the engines there are, before one of them is replaced. */
  refresh(apps: readonly AppRecord[]): void {
    const direct = this.#direct;
    if (direct !== undefined && this.#fitsDirect(groupsOf(apps))) void direct.engines.setApps(this.#where(apps));
    for (const groups of [this.#groups, this.#asides]) for (const [name, { engines }] of groups) void engines.setApps(ofGroup(apps, name));
  }

  /** The socket of a group's engine for apps that are set aside; there is one while an app of the table has this in `aside`. */
  asideSocket(group: string): string {
    return groupSocket(this.#sockets(), `${group} aside`);
  }

  /** Ends all; what is in flight is finished first, in at most `ms`. */
  async drain(ms: number): Promise<void> {
    this.#stop();
    const until = performance.now() + ms;
    // The front first: what it has, engines must still answer. Its WebSockets end with the engines.
    const front = this.#front?.drain(ms);
    await this.#front?.quiet;
    const left = Math.max(0, until - performance.now());
    await Promise.all([front, ...this.#sets().map(({ engines }) => (engines === this.#front ? undefined : engines.drain(left)))]);
    this.#close();
  }

  /** Ends all at once. */
  async kill(): Promise<void> {
    this.#stop();
    await Promise.all(this.#sets().map(({ engines }) => engines.kill()));
    this.#close();
  }

  /** Apps that are set aside have an engine before anybody passes requests on to it. Where it does not start they stay where they are. */
  async #openAsides(apps: readonly AppRecord[]): Promise<readonly AppRecord[]> {
    for (const name of groupsOf(apps.filter(({ aside }) => aside !== undefined))) {
      try {
        if (!this.#asides.has(name)) await this.#openGroup(name, apps, true);
        this.#placed.add(name);
      } catch (error) {
        if (this.#isStopping) throw error;
        this.#stuck(error);
      }
    }
    await Promise.all([...this.#asides].map(([name, { engines }]) => engines.setApps(ofGroup(apps, name))));
    return this.#where(apps);
  }

  /** A table as those may have it that take connections. */
  #where(apps: readonly AppRecord[]): readonly AppRecord[] {
    return apps.map((app) => (app.aside === undefined || this.#placed.has(app.group) ? app : { ...app, aside: undefined }));
  }

  /** Nobody passes requests on any more to those that have no app. */
  #closeAsides(): void {
    const used = new Set(groupsOf(this.#apps.filter(({ aside }) => aside !== undefined)));
    for (const name of this.#asides.keys()) {
      if (used.has(name)) continue;
      this.#placed.delete(name);
      void this.#closeGroup(name, (old) => this.#leave(old, name), true);
    }
  }

  #stuck(error: unknown): void {
    this.#options.onStuck(error);
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.clock.after(RETRY_MS, () => this.#options.retry());
  }

  #fitsDirect(names: readonly string[]): boolean {
    const group = this.#direct?.group;
    return names.length === 0 || (names.length === 1 && (group === undefined || group === names[0]));
  }

  async #setDirect(direct: { group: string | undefined; engines: Engines }, apps: readonly AppRecord[], names: readonly string[]): Promise<void> {
    direct.group ??= names[0];
    await direct.engines.setApps(apps);
  }

  /** To groups of their own, with a front. What stood before goes on until all is there. */
  async #divide(apps: readonly AppRecord[], names: readonly string[]): Promise<void> {
    try {
      await Promise.all(names.map((name) => this.#openGroup(name, apps)));
      const front = this.#open({ kind: 'front', fd: this.#options.publicFd(), socketDir: this.#sockets() }, false);
      this.#front = front;
      await front.start(forFront(apps));
    } catch (error) {
      const front = this.#front;
      this.#front = undefined;
      await Promise.all([front?.kill(), ...[...this.#groups.keys()].map((name) => this.#closeGroup(name, (engines) => engines.kill()))]);
      throw error;
    }
    const old = this.#direct;
    this.#direct = undefined;
    this.#options.onDivided(names);
    if (old === undefined) return;
    this.#leave(old.engines, old.group);
    // Until then a connection may come to one of them, which knows nothing of other groups' apps.
    await old.engines.closed;
  }

  async #setDivided(apps: readonly AppRecord[], before: readonly AppRecord[], names: readonly string[]): Promise<void> {
    const groupNow = new Map(apps.map(({ name, group }) => [name, group]));
    // An app that changes groups stays where it was, too, until the front knows.
    const moved = before.filter(({ name, group }) => groupNow.has(name) && groupNow.get(name) !== group);
    const told: Promise<void>[] = [];
    for (const [name, { engines }] of this.#groups) told.push(engines.setApps([...ofGroup(apps, name), ...ofGroup(moved, name)]));
    const opened = await Promise.allSettled(names.filter((name) => !this.#groups.has(name)).map((name) => this.#openGroup(name, apps)));
    await Promise.all(told);
    await this.#front?.setApps(forFront(apps));
    const used = new Set(names);
    for (const [name, { engines }] of this.#groups) {
      if (!used.has(name)) void this.#closeGroup(name, (old) => this.#leave(old, name));
      else if (ofGroup(moved, name).length > 0) await engines.setApps(ofGroup(apps, name));
    }
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
  }

  async #openGroup(name: string, apps: readonly AppRecord[], isAside = false): Promise<void> {
    const path = isAside ? this.asideSocket(name) : groupSocket(this.#sockets(), name);
    // A group of that name may have been there before.
    rmSync(path, { force: true });
    const socket = bindPath(path);
    const engines = this.#open({ kind: 'engine', group: name, fd: socket.fd, isBehindFront: true, ...(isAside ? { standsBack: 'idle' } : {}) }, false);
    (isAside ? this.#asides : this.#groups).set(name, { engines, closeSocket: () => socket.close() });
    try {
      await engines.start(ofGroup(apps, name));
    } catch (error) {
      await this.#closeGroup(name, (failed) => failed.kill(), isAside);
      throw error;
    }
  }

  async #closeGroup(name: string, end: (engines: Engines) => unknown, isAside = false): Promise<void> {
    const groups = isAside ? this.#asides : this.#groups;
    const group = groups.get(name);
    if (group === undefined) return;
    groups.delete(name);
    group.closeSocket();
    await end(group.engines);
  }

  #leave(engines: Engines, group = DEFAULT_GROUP): void {
    this.#leaving.set(engines, group);
    void engines.drain(this.#options.drainMs()).then(() => this.#leaving.delete(engines));
  }

  #open(role: EngineRole, alone: boolean): Engines {
    const { size, fronts, launch, ...rest } = this.#options;
    if (role.kind === 'engine' && role.standsBack !== undefined) return this.#openAside(role);
    const { count, spares } = role.kind === 'front' ? { count: fronts, spares: 0 } : size(role.group ?? DEFAULT_GROUP, alone);
    return new Engines({ ...rest, count, spares, launch: (apps, events) => launch(role, apps, events) });
  }

  /** On a machine that others keep busy all the time threads that run when no other wants to never do: the next engine's have a low priority. */
  #openAside(role: EngineRole & { kind: 'engine' }): Engines {
    const { launch, drainMs, onStarved, ...rest } = this.#options;
    let standsBack: StandsBack = 'idle';
    const starved = (engine: EngineProcess): void => {
      if (standsBack !== 'idle') return;
      standsBack = 'low';
      onStarved(engine);
      engines.replace(engine, drainMs());
    };
    const engines = new Engines({ ...rest, ...ONE, launch: (apps, events) => launch({ ...role, standsBack }, apps, { ...events, starved }) });
    return engines;
  }

  /** The folder of the groups' sockets, which only this user can enter. */
  #sockets(): string {
    this.#socketDir ??= makeSocketFolder();
    return this.#socketDir;
  }

  #sets(): { group: string; engines: Engines }[] {
    const sets = [...this.#groups, ...this.#asides].map(([group, { engines }]) => ({ group, engines }));
    if (this.#direct !== undefined) sets.push({ group: this.#direct.group ?? DEFAULT_GROUP, engines: this.#direct.engines });
    if (this.#front !== undefined) sets.push({ group: '', engines: this.#front });
    for (const [engines, group] of this.#leaving) sets.push({ group, engines });
    return sets;
  }

  #stop(): void {
    this.#isStopping = true;
    this.#cancelRetry?.();
  }

  #close(): void {
    for (const groups of [this.#groups, this.#asides]) {
      for (const { closeSocket } of groups.values()) closeSocket();
      groups.clear();
    }
    if (this.#socketDir !== undefined) rmSync(this.#socketDir, { recursive: true, force: true });
  }
}

/** The groups of a table, in the order of their names. */
function groupsOf(apps: readonly AppRecord[]): string[] {
  return [...new Set(apps.map(({ group }) => group))].sort();
}

function ofGroup(apps: readonly AppRecord[], group: string): AppRecord[] {
  return apps.filter((app) => app.group === group);
}

/** What the front gets to know: who has which address. Apps of a dispatch namespace have none. */
function forFront(apps: readonly AppRecord[]): AppRecord[] {
  return apps
    .filter(({ namespace }) => namespace === undefined)
    .map((app) => ({
      ...app,
      bundleDir: '',
      vars: {},
      secretNames: [],
      bindings: [],
      crons: [],
      egress: { private: 'deny', allow: [], privateAllow: [], deny: [] },
    }));
}
