/**
 * One isolate running one version of an app: takes events in and keeps the limits; what comes out is op-inbox.ts’s.
 *
 * Life: ready → condemned (a limit was hit, or a newer version came: no new events, those in hand
 * finish) → disposed.
 */
import type { Modules } from '../isolate/modules.ts';
import type { Blob } from '../isolate/code-cache.ts';
import type { TurnFailure } from '../isolate/realm.ts';
import { Handles } from '../ops/handles.ts';
import { Numbered } from '../base/numbered.ts';
import { OpError } from '../base/op-error.ts';
import type { Place } from '../ops/op.ts';
import { propsArgument } from '../ops/service-target.ts';
import type { Binding } from '../bindings/binding.ts';
import type { BatchMessage, CallLimits, EventClient, Family, FetchMessage, OutboundWorker, TailMessage } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { Egress } from '../ports/egress.ts';
import type { Invoker, SessionCall, SessionClient } from '../ports/invoker.ts';
import type { WorkerLoader } from '../ports/worker-loader.ts';
import type { AppLimits } from '../protocol/engine.ts';
import { Entry, Shell, type Loaded } from '../protocol/ops.ts';
import { CACHE_INDEX } from '../protocol/cache.ts';
import { DynamicImports } from './dynamic-import.ts';
import { AppEvent, type EventHome } from './event.ts';
import { COULD_NOT_BE_STOPPED, EXCEEDED_CPU, ISOLATE_LOST, OUT_OF_MEMORY, STOPPED, TOO_BUSY } from './failures.ts';
import { type OpHome, OpInbox } from './op-inbox.ts';
import { MOST_BACKLOG, toArgument } from './op-values.ts';
import type { HeapStatistics, Isolate } from '../isolate/isolate.ts';
import { Habits } from './habits.ts';
import { Rejections } from './rejections.ts';
import { Reports } from './reports.ts';
import { Paced } from '../base/paced.ts';
import type { Seat } from './seat.ts';
import { endStuckEvents } from './stuck-events.ts';
import type { TraceOf } from './trace.ts';
import type { Surroundings } from './surroundings.ts';
import { followed, nobody } from './turn-owners.ts';

type DueTimer = { event: AppEvent; timer: number };

export type WorkerDeps = Surroundings<Worker>;

export class Worker implements OpHome, EventHome {
  readonly handles = new Handles();
  readonly reports: Reports;
  /** Where the isolate's ops arrive. */
  readonly inbox: OpInbox;
  readonly limits: AppLimits;
  readonly tellsOfLeaving: boolean;
  readonly egress: Egress;
  readonly app: string;
  readonly group: string;
  readonly invoker: Invoker<Place>;
  readonly traceOf: TraceOf | undefined;
  readonly #seat: Seat;
  readonly #deps: WorkerDeps;
  readonly #events = new Numbered<AppEvent>();
  #imports: DynamicImports | undefined;
  #loaded: Loaded = { entrypoints: {} };
  #nextEvent = 1;
  readonly #habits = new Habits();
  readonly #due = new Paced<DueTimer>((due) => this.#timerTurn(due));
  readonly #rejections: Rejections | undefined;
  #condemned: string | undefined;
  #disposed = false;
  /** A limit was hit: the isolate must not be used again. */
  #inDoubt = false;
  #lastUsed = performance.now();
  /** CPU used since `takeCpu` was last called, in milliseconds. */
  #cpuMs = 0;
  /** Of turns that are run for no event any more. */
  readonly #nobody = nobody(
    (cpuMs) => this.used(cpuMs),
    (failure) => {
      if (failure.kind === 'gone') this.#gone(undefined);
    },
  );

  constructor(seat: Seat, deps: WorkerDeps) {
    this.#seat = seat;
    this.#deps = deps;
    this.reports = new Reports(deps);
    this.limits = deps.limits;
    this.tellsOfLeaving = deps.tellsOfLeaving;
    // Light turns tell of no rejection.
    if (deps.hearsRejections || deps.watchesTurns === true) this.#habits.misbehaved();
    this.#rejections = deps.hearsRejections ? new Rejections(seat, this.#nobody, deps.limits.cpuMs) : undefined;
    this.egress = deps.egress;
    this.app = deps.app;
    this.group = deps.group;
    this.invoker = deps.invoker;
    this.traceOf = deps.trace;
    this.inbox = new OpInbox(this);
    seat.connect(this.inbox);
  }

  /** The app's modules are in: the worker can take events. */
  ready(modules: Modules, loaded: Loaded): void {
    this.#imports = new DynamicImports(modules, this.limits.startupMs);
    this.#loaded = loaded;
    this.#cpuMs += this.#seat.turns.started();
  }

  get inFlight(): number {
    return this.#events.size;
  }

  get isCondemned(): boolean {
    return this.#condemned !== undefined;
  }

  /** Its isolate has been taken down. */
  get isGone(): boolean {
    return this.#disposed;
  }

  get lastUsed(): number {
    return this.#lastUsed;
  }

  get isolate(): Isolate {
    return this.#seat.isolate;
  }

  /** Handlers of an entrypoint, or undefined where there is no such export. */
  handlers(entrypoint: string): readonly string[] | undefined {
    return this.#loaded.entrypoints[entrypoint === '' ? 'default' : entrypoint];
  }

  /** CPU milliseconds since last asked. */
  takeCpu(): number {
    const used = this.#cpuMs;
    this.#cpuMs = 0;
    return used;
  }

  // Events in

  /** Starts a fetch event; `client` gets the answer. */
  fetch(message: FetchMessage, client: EventClient): AppEvent {
    const event = this.#newEvent(message.requestId, client, message.depth, message.limits, message.family, message.outbound);
    const { head, body, cf, entrypoint, inline, env } = message;
    const props = propsArgument(this, event, message.props);
    event.trace?.request(head, cf, entrypoint);
    if (body !== undefined) event.source = this.handles.add(body);
    const args: unknown[] = [Entry.fetch, event.id, head, event.source];
    if (inline !== undefined || env !== undefined) args.push(cf, entrypoint, props, inline === undefined ? undefined : toArgument(inline));
    else if (cf !== undefined || entrypoint !== undefined || props !== undefined) args.push(cf, entrypoint, props);
    if (env !== undefined) args.push(env);
    this.lightly(event, args);
    return event;
  }

  /** Starts an event whose client calls it. */
  open({ requestId, depth, family, limits, outbound, method }: SessionCall, client: SessionClient<Place>): void {
    const event = this.#newEvent(requestId, client, depth, limits, family, outbound);
    event.trace?.is({ rpcMethod: method });
    this.lightly(event, client.opened({ context: this, event }).map(toArgument));
  }

  lightly(event: AppEvent, args: readonly unknown[]): void {
    if (this.#habits.mayRunLight(performance.now())) {
      event.lightTurnStarted();
      this.#seat.turns.runLight(this.#seat.realm, event, args, event.cpuLeft);
    } else this.run(event, args);
  }

  tail({ requestId, text, depth, entrypoint, props, outbound }: TailMessage, client: EventClient): AppEvent {
    const event = this.#newEvent(requestId, client, depth, undefined, undefined, outbound);
    event.expectNoAnswer();
    this.run(event, [Entry.tail, event.id, text, entrypoint, propsArgument(this, event, props)]);
    return event;
  }

  scheduled(requestId: string, scheduledTime: number, cron: string, entrypoint: string, client: EventClient): AppEvent {
    const event = this.#newEvent(requestId, client);
    event.expectNoAnswer();
    event.trace?.is({ cron, scheduledTime });
    this.run(event, [Entry.scheduled, event.id, scheduledTime, cron, entrypoint]);
    return event;
  }

  /** Runs the handler of a batch of messages; see Entry.queue. */
  queue(requestId: string, { head, text, bytes }: BatchMessage, client: EventClient): AppEvent {
    const event = this.#newEvent(requestId, client);
    event.expectNoAnswer();
    this.lightly(event, [Entry.queue, event.id, head, text, bytes === undefined ? undefined : toArgument(bytes), '']);
    return event;
  }

  /**
   * Runs a script for a person and shows what it comes to, through `client.shown`.
   * @param mode JSON text of how values are shown; see runtime/workers/shell.ts
   */
  evaluate(code: string, origin: { filename: string; lineOffset: number }, mode: string, client: EventClient): AppEvent {
    const event = this.#newEvent('', client);
    event.pin();
    this.run(event, [Entry.shell, event.id, Shell.enter]);
    event.turnStarted();
    const { realm, turns } = this.#seat;
    turns.follow(event, realm.runScript(code, origin, event.cpuLeft), (value) => this.run(event, [Entry.shell, event.id, Shell.show, value, mode]));
    return event;
  }

  /** V8's code cache of the app's script; see Realm.produceCache. */
  produceCache(code: string, origin: { filename: string; lineOffset: number }): Promise<Blob | undefined> {
    return this.#seat.realm.produceCache(code, origin);
  }

  /** Names that may follow a path of properties ("a.b." is ["a", "b"]), for completion. */
  async complete(path: readonly string[]): Promise<string[]> {
    const answer = await this.#seat.realm.enter([Entry.shell, 0, Shell.complete, JSON.stringify(path)], 1000);
    return JSON.parse(String(answer)) as string[];
  }

  #newEvent(requestId: string, client: EventClient, depth = 0, limits?: CallLimits, family?: Family, outbound?: OutboundWorker): AppEvent {
    this.#lastUsed = performance.now();
    const event = new AppEvent(this.#nextEvent++, requestId, this, client, depth, limits, family, outbound);
    this.#events.set(event.id, event);
    return event;
  }

  // OpContext

  get loader(): WorkerLoader {
    return this.#deps.loader();
  }

  get loaded(): object | undefined {
    return this.#deps.loaded;
  }

  binding(index: unknown): Binding | undefined {
    return index === CACHE_INDEX ? this.#deps.cache?.() : this.#deps.bindings[index as number];
  }

  event(id: unknown): AppEvent | undefined {
    return this.#events.get(id);
  }

  // OpHome

  get flags(): string {
    return this.#deps.flags();
  }

  get hasSharedMemory(): boolean {
    return this.#deps.hasSharedMemory ?? false;
  }

  lateEventOf(id: number): AppEvent | undefined {
    return this.#rejections?.late(id);
  }

  rejectionHandled(): void {
    this.#rejections?.handled();
  }

  get hearsRejections(): boolean {
    return this.#rejections !== undefined;
  }

  run(event: AppEvent, args: readonly unknown[]): void {
    // What was answered before this comes before it.
    this.inbox.flush();
    event.turnStarted();
    this.#seat.turns.run(this.#seat.realm, event, args, event.cpuLeft);
  }

  importModule(id: number, specifier: string, referrer: string): Promise<number> {
    if (this.#imports === undefined) throw new OpError('Error', `No such module "${specifier}".`);
    return this.#imports.import(
      specifier,
      referrer,
      () => this.isolate.isDisposed,
      (failure) => {
        const event = this.#events.get(id);
        if (event !== undefined) this.turnFailed(event, failure);
      },
    );
  }

  flooded(event: AppEvent): void {
    const { app, version, observer } = this.#deps;
    observer.limit(app, version, event.requestId, 'memory', `more than ${MOST_BACKLOG} answers to ops that wait for the isolate`);
    this.#inDoubt = true;
    this.condemn('memory');
    event.fail(OUT_OF_MEMORY);
    event.terminate();
  }

  // EventHome

  readonly used = (cpuMs: number): void => void (this.#cpuMs += cpuMs);

  readonly isAlone = (): boolean => this.#events.size <= 1 && this.#seat.isAlone;

  eventEnded(event: AppEvent, unfinished: boolean): void {
    this.#events.delete(event.id);
    this.#lastUsed = performance.now();
    // What a client sent is the HTTP layer's to deal with; what another worker sent nobody will read any more.
    const unread = event.source === 0 ? undefined : this.handles.remove(event.source);
    if (event.depth > 0) (unread as HostBody | undefined)?.cancel();
    if (unfinished && !this.#disposed) this.#seat.turns.run(this.#seat.realm, this.#nobody, [Entry.abort, event.id, ''], this.limits.cpuMs);
    if (this.#events.size === 0) this.#deps.onIdle(this);
  }

  enter(event: AppEvent, args: readonly unknown[], done: () => void): void {
    this.inbox.flush();
    if (this.#disposed) return done();
    event.turnStarted();
    this.#seat.turns.run(this.#seat.realm, followed(event, done), args.map(toArgument), event.cpuLeft);
  }

  timerDue(event: AppEvent, timer: number): void {
    this.#due.push({ event, timer });
  }

  readonly #timerTurn = ({ event, timer }: DueTimer): void => {
    if (!this.#disposed && event.takeTimer(timer)) this.run(event, [Entry.timer, event.id, timer]);
  };

  turnFailed(event: AppEvent, failure: TurnFailure): void {
    const { app, version, observer } = this.#deps;
    switch (failure.kind) {
      case 'rejection': {
        this.#habits.misbehaved();
        if (this.#rejections === undefined || this.#disposed)
          this.reports.uncaught(event, [failure.name, failure.message, failure.stack, 'Uncaught (in promise)']);
        else this.#rejections.tell(event, failure);
        this.#rejections?.turnEnded(event);
        endStuckEvents(this.#events);
        return;
      }
      case 'timeout':
      case 'starved': {
        // All its turns that wait fail with the one that did not end.
        if (event.failure === EXCEEDED_CPU || event.failure === TOO_BUSY) return;
        const isStarved = failure.kind === 'starved';
        if (isStarved) observer.warn('a request was given up: the machine is too busy', { app, requestId: event.requestId });
        else observer.limit(app, version, event.requestId, 'cpu', `more than ${this.limits.cpuMs} ms of CPU time`);
        this.#inDoubt = true;
        this.condemn(isStarved ? 'starved' : 'cpu');
        event.fail(isStarved ? TOO_BUSY : EXCEEDED_CPU);
        return event.terminate();
      }
      case 'gone':
        if (this.#disposed) return event.terminate();
        if (!this.#seat.turns.wasCut || this.#condemned !== undefined) return this.#gone(event.requestId);
        // Whose turn it was is about to be told.
        event.fail(ISOLATE_LOST);
        return event.terminate();
    }
  }

  /** The isolate holds more than its limit where V8 does not look: in WebAssembly memory. */
  outgrown(): void {
    this.#gone(undefined);
  }

  /** Heap, array buffers and WebAssembly memory, in bytes; undefined when the isolate is gone. */
  async measure(): Promise<(HeapStatistics & { wasmBytes?: number }) | undefined> {
    const heap = await this.isolate.heapStatistics();
    if (heap === undefined || !this.#deps.hasWasm) return heap;
    return { ...heap, wasmBytes: await this.#seat.realm.wasmBytes() };
  }

  /** The isolate has been taken down, and not by this worker: it outgrew its memory, or a turn would not end. */
  #gone(requestId: string | undefined): void {
    if (this.#disposed) return;
    const { app, version, observer } = this.#deps;
    const isMemory = this.#condemned !== 'cpu' && this.#condemned !== 'starved';
    if (isMemory) observer.limit(app, version, requestId, 'memory', `more than ${this.limits.memoryMb} MB of memory`);
    this.#inDoubt = true;
    this.condemn('memory');
    // Whatever else was in the isolate went with it.
    for (const each of this.#events.values()) {
      each.fail(isMemory ? OUT_OF_MEMORY : ISOLATE_LOST);
      each.terminate();
    }
    this.dispose();
  }

  readonly letGo = (): void => endStuckEvents(this.#events);

  lightTurnAnswered(): void {
    this.#seat.turns.lightTurnAnswered();
  }

  turnDone(event: AppEvent, cpuMs: number, cameToSomething: boolean): void {
    this.#cpuMs += cpuMs;
    this.#habits.turnEnded(cpuMs, cameToSomething);
    this.#rejections?.turnEnded(event);
    // What a turn has sent has been heard by now: whoever has no answer in it may have none at all.
    if (this.#events.size > 0) endStuckEvents(this.#events);
  }

  limitHit(event: AppEvent, limit: 'subrequests' | 'waitUntil' | 'cpu', detail: string): void {
    this.#deps.observer.limit(this.#deps.app, this.#deps.version, event.requestId, limit, detail);
  }

  // Life

  /** No more events for this worker. Those in hand finish. */
  condemn(reason: string): void {
    if (this.#condemned !== undefined) return;
    this.#condemned = reason;
    this.#deps.onCondemned(this, reason);
  }

  /** V8 has lost control of the isolate: what is in it will never answer, and must not be touched again. */
  lost(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.condemn('lost');
    for (const event of this.#events.values()) {
      event.fail(COULD_NOT_BE_STOPPED);
      event.terminate();
    }
  }

  /** A number that changes while the isolate gets on with its work; undefined while it has none. */
  get progress(): number | undefined {
    return this.#disposed ? undefined : this.#seat.turns.progress;
  }

  /** Nothing has come back from the isolate for longer than any limit allows: it is taken down. */
  stalled(): void {
    const { app, version, observer } = this.#deps;
    this.#inDoubt = true;
    observer.limit(app, version, undefined, 'cpu', 'the isolate came to no end');
    for (const event of this.#events.values()) event.fail(EXCEEDED_CPU);
    this.condemn('stalled');
  }

  /** Ends the worker and every event in it. @param inDoubt its isolate must not be used again */
  dispose(inDoubt = false): void {
    if (inDoubt) this.#inDoubt = true;
    if (this.#end()) this.#seat.release(this.#inDoubt);
  }

  /** Ends the worker as `dispose` does, with all others. */
  close(): void {
    if (this.#end()) this.#seat.close();
  }

  /** Whether this was the end: there is only one. */
  #end(): boolean {
    if (this.#disposed) return false;
    this.#disposed = true;
    this.#condemned ??= 'disposed';
    if (this.#seat.turns.progress !== undefined) this.#deps.onOutlived?.(this.#seat.turns.over());
    for (const event of this.#events.values()) {
      event.fail(STOPPED);
      event.terminate();
    }
    for (const object of this.handles.values()) (object as { cancel?: () => void }).cancel?.();
    return true;
  }
}
