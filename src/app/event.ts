/**
 * One event in a worker: its answer, its CPU time, its timers, its subrequests, its end.
 *
 * An event ends once it has been answered and nothing holds it any more (waitUntil, a streamed body).
 * What it started on the host stops then; the isolate forgets what it was waiting for.
 */
import type { TurnFailure } from '../isolate/realm.ts';
import type { TurnOwner } from '../isolate/turn-owner.ts';
import { OpError } from '../base/op-error.ts';
import type { EventState } from '../ops/op.ts';
import type { CallLimits, EventClient, EventFailure, Family, OutboundWorker, RunningEvent } from '../ports/event-client.ts';
import type { HostBody } from '../ports/host-body.ts';
import type { MessageSocket } from '../ports/message-socket.ts';
import type { Responder } from '../ports/responder.ts';
import type { AppLimits } from '../protocol/engine.ts';
import { Entry } from '../protocol/ops.ts';
import { EventHolds } from './event-holds.ts';
import { EventQuota } from './event-quota.ts';
import { EventTimers } from './event-timers.ts';
import { EventTurns } from './event-turns.ts';
import { NO_CLIENT } from './no-client.ts';
import { Trace, type TraceOf } from './trace.ts';

/** The worker an event runs in, as the event sees it. */
export interface EventHome {
  readonly limits: AppLimits;
  /** Is the isolate to be told when an event's client goes away before it has its answer? */
  readonly tellsOfLeaving: boolean;
  /** Whom to tell what the event has done; undefined: nobody. */
  readonly traceOf?: TraceOf | undefined;
  /** The event is over. `unfinished`: the isolate still waits for something of it. */
  eventEnded(event: AppEvent, unfinished: boolean): void;
  /** Has no other event anything in the isolate? */
  isAlone(): boolean;
  turnFailed(event: AppEvent, failure: TurnFailure): void;
  /** @param cameToSomething the turn has brought the answer, or a call that may lead to it */
  turnDone(event: AppEvent, cpuMs: number, cameToSomething: boolean): void;
  /** The turn of an event that reports nothing (see isolate/turns.ts) has brought the answer, or called the host. */
  lightTurnAnswered(): void;
  /** CPU time that no turn's good end tells of: of turns that failed, and of the host's threads. */
  used(cpuMs: number): void;
  /** Enters the isolate with these arguments in a turn of the event. */
  enter(event: AppEvent, args: readonly unknown[], done: () => void): void;
  /** A timer of the event is due: soon, `takeTimer` and a turn. */
  timerDue(event: AppEvent, timer: number): void;
  /** Another event has let go of the last it had of this one: nothing may be left that could answer it. */
  letGo(event: AppEvent): void;
  limitHit(event: AppEvent, limit: 'subrequests' | 'waitUntil' | 'cpu', detail: string): void;
}

/**
 * Calls between workers that one event from outside may lead to, all together: each worker has a limit of subrequests of its own, and
 * a few calls each, sixteen deep, would be millions. On Cloudflare it is 32.
 */
export const MOST_CALLS = 1000;

/** Cloudflare's words. */
const CLIENT_GONE = 'The client has disconnected';

export class AppEvent implements EventState, Responder, RunningEvent, TurnOwner {
  readonly id: number;
  readonly requestId: string;
  readonly depth: number;
  readonly outbound: OutboundWorker | undefined;
  /** The number of the request's body, which goes with the event. */
  source = 0;
  calls: object | undefined;
  sink: object | undefined;
  /** Characters it has logged. */
  logged = 0;
  readonly trace: Trace | undefined;
  readonly #home: EventHome;
  #client: EventClient;
  readonly #mostCpuMs: number;
  readonly #mostSubrequests: number;
  #cpuMs = 0;
  #answered = false;
  /** A body is being sent from the isolate (streaming) or from the host (piping). */
  #streaming = false;
  #piping = false;
  #held = false;
  #clientGone = false;
  /** The isolate is being told so. */
  #isLeaving = false;
  /** Nothing is sent for it: it is over when what it does is. */
  #isUnanswered = false;
  #failure: EventFailure | undefined;
  /** An answer has been given before its client left. */
  #isDelivered = false;
  readonly #holds = new EventHolds();
  #ended = false;
  #calls = 0;
  readonly #turns = new EventTurns();
  #pinned = false;
  #onIdle: (() => void) | undefined;
  readonly #timers = new EventTimers();
  #abort: AbortController | undefined;
  #closers: Set<() => void> | undefined;
  #quota: EventQuota | undefined;
  #family: Family | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(id: number, requestId: string, home: EventHome, client: EventClient, depth = 0, limits?: CallLimits, family?: Family, outbound?: OutboundWorker) {
    this.id = id;
    this.requestId = requestId;
    this.depth = depth;
    this.outbound = outbound;
    this.#family = family;
    this.trace = home.traceOf === undefined ? undefined : new Trace(home.traceOf);
    this.#mostCpuMs = Math.min(home.limits.cpuMs, limits?.cpuMs ?? Number.POSITIVE_INFINITY);
    this.#mostSubrequests = Math.min(home.limits.subrequests, limits?.subrequests ?? Number.POSITIVE_INFINITY);
    this.#home = home;
    this.#client = client;
  }

  get cpuMs(): number | undefined {
    return this.#turns.light > 0 && this.#turns.watched === 0 ? undefined : this.#cpuMs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get failure(): EventFailure | undefined {
    return this.#failure;
  }

  /** Milliseconds of CPU the event may still use; at least one, so that a turn can fail for itself. */
  get cpuLeft(): number {
    return Math.max(1, Math.ceil(this.#mostCpuMs - this.#cpuMs));
  }

  // EventState

  get responder(): Responder {
    return this;
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      this.#abort = abort;
      this.atEnd(() => abort.abort());
    }
    return this.#abort.signal;
  }

  atEnd(close: () => void): () => void {
    if (this.#ended) close();
    else (this.#closers ??= new Set()).add(close);
    return () => this.#closers?.delete(close);
  }

  charge(milliseconds: number): void {
    if (this.#ended) return;
    this.#cpuMs += milliseconds;
    this.#home.used(milliseconds);
    if (this.#cpuMs > this.#mostCpuMs) this.#home.turnFailed(this, { kind: 'timeout' });
  }

  countSubrequest(): void {
    this.#quotaLeft().countSubrequest();
  }

  get family(): Family {
    this.#family ??= { calls: 0 };
    return this.#family;
  }

  countCall(): void {
    const calls = ++this.family.calls;
    if (calls <= MOST_CALLS) return;
    if (calls === MOST_CALLS + 1) this.#home.limitHit(this, 'subrequests', `one request has led to more than ${MOST_CALLS} calls between workers`);
    throw new OpError('Error', 'Too many subrequests.');
  }

  countBindingCall(): void {
    this.#quotaLeft().countBindingCall();
  }

  acquireConnection(): Promise<() => void> {
    return this.#quotaLeft().acquireConnection();
  }

  /** Most events need none. */
  #quotaLeft(): EventQuota {
    this.#quota ??= new EventQuota({ subrequests: this.#mostSubrequests, connections: this.#home.limits.connections }, (detail) =>
      this.#home.limitHit(this, 'subrequests', detail),
    );
    return this.#quota;
  }

  keep(isResponse: boolean): () => void {
    return this.#holds.keep(isResponse, () => {
      this.#settle();
      this.#checkIdle();
    });
  }

  lend(isAnswer: boolean): () => void {
    return this.#holds.lend(isAnswer, (isLast) => {
      this.#settle();
      if (isLast && !this.#ended) this.#home.letGo(this);
    });
  }

  complete(): void {
    if (this.#answer()) this.#client.completed?.();
    this.#settle();
  }

  deliver(args: readonly unknown[], done: () => void): void {
    if (this.#ended) return done();
    // Each message gets the CPU time, and the log, that a request gets.
    this.#cpuMs = 0;
    this.logged = 0;
    this.#home.enter(this, args, done);
  }

  enter(args: readonly unknown[], done: () => void): void {
    if (this.#ended) done();
    else this.#home.enter(this, args, done);
  }

  /** Ops and turns under way. */
  get backlog(): number {
    return this.#calls + this.#turns.watched;
  }

  /** An op that is to be answered is under way. */
  callStarted(): void {
    this.#calls++;
    this.#turns.called();
    if (this.#turns.takeLight()) this.#home.lightTurnAnswered();
  }

  callEnded(): void {
    this.#calls--;
  }

  // Responder: one answer, then nothing.

  send(status: number, statusText: string, headers: string, body: string | Uint8Array | undefined, isEncoded?: boolean): void {
    if (!this.#answer()) return;
    this.#isDelivered = true;
    this.trace?.answered(status);
    this.#client.send(status, statusText, headers, body, isEncoded);
    this.#settle();
  }

  start(status: number, statusText: string, headers: string, isEncoded?: boolean, said?: string): boolean {
    if (!this.#answer()) return true;
    this.#streaming = true;
    this.#isDelivered = true;
    this.trace?.answered(status);
    const isWanted = this.#client.start(status, statusText, headers, isEncoded, said);
    // What the app does to make a body for nobody gets the time of a waitUntil.
    if (!isWanted) this.#startGrace();
    return isWanted;
  }

  /** @throws OpError once the client is gone, so that the app's stream is canceled */
  write(chunk: Uint8Array): Promise<void> | undefined {
    if (this.#clientGone) throw new OpError('TypeError', 'The client has disconnected.');
    return this.#client.write(chunk);
  }

  end(): void {
    this.#streaming = false;
    this.#client.end();
    this.#settle();
  }

  abort(): void {
    this.#streaming = false;
    this.#client.abort();
    this.#settle();
  }

  async pipe(status: number, statusText: string, headers: string, body: HostBody, isEncoded?: boolean): Promise<void> {
    if (!this.#answer()) return body.cancel();
    this.#piping = true;
    this.#isDelivered = true;
    this.trace?.answered(status);
    try {
      await this.#client.pipe(status, statusText, headers, body, isEncoded);
    } finally {
      this.#piping = false;
      this.#settle();
    }
  }

  upgrade(headers: string): MessageSocket | undefined {
    if (!this.#answer()) return undefined;
    const socket = this.#client.upgrade?.(headers);
    this.#settle();
    return socket;
  }

  /** The event failed. Told to the client unless it has been answered already. */
  fail(failure: EventFailure): void {
    this.#failure ??= failure;
    if (this.#answer()) this.#client.fail(failure);
    this.#settle();
  }

  #answer(): boolean {
    if (this.#answered || this.#ended) return false;
    this.#answered = true;
    if (this.#turns.takeLight()) this.#home.lightTurnAnswered();
    return true;
  }

  // Life

  /** The event is no request: a cron tick, say, which is told whether it went well. */
  expectNoAnswer(): void {
    this.#isUnanswered = true;
  }

  /** A promise given to waitUntil was rejected. An event that is not answered has failed by it, once everything else is done. */
  waitUntilFailed(failure: EventFailure): void {
    this.#failure ??= failure;
  }

  /** What the app says of an event that is not answered. */
  verdict(text: string): void {
    if (this.#isUnanswered) this.#client.verdict?.(text);
  }

  /** The isolate wants the event kept beyond its answer. */
  hold(): void {
    this.#held = true;
    this.#settle();
  }

  /** Nothing holds the event any more. */
  done(): void {
    this.#held = false;
    if (this.#isUnanswered && this.#answer()) {
      if (this.#failure === undefined) this.#client.completed?.();
      else this.#client.fail(this.#failure);
    }
    this.#settle();
  }

  /** The client went away: nobody waits for the answer. What waitUntil holds goes on. @see compatibility flag enable_request_signal */
  clientGone(): void {
    const isWaitedFor = !this.#answered || this.#streaming;
    this.#clientGone = true;
    this.#answered = true;
    this.#streaming = false;
    if (!isWaitedFor || this.#ended || this.#isUnanswered || !this.#home.tellsOfLeaving) return this.#leave();
    // The event stays until what listens to the request's signal has run: it may ask for more time.
    this.#isLeaving = true;
    this.#home.enter(this, [Entry.abort, this.id, CLIENT_GONE], () => this.#leave());
  }

  #leave(): void {
    this.#isLeaving = false;
    this.#settle();
  }

  /** Ends the event whatever it waits for. */
  terminate(): void {
    // Half a response must not look like a whole one, nor leave its client waiting.
    if (this.#streaming) this.#client.abort(this.#failure);
    this.#answered = true;
    this.#held = false;
    this.#holds.dropAll();
    this.#isLeaving = false;
    this.#streaming = false;
    this.#piping = false;
    this.#settle();
  }

  startTimer(timer: number, from: number, milliseconds: number): void {
    if (!this.#ended) this.#timers.start(timer, from, milliseconds, (number) => this.#home.timerDue(this, number));
  }

  /** A timer that is due is about to run. False where it has been cancelled, or went with the event. */
  takeTimer(timer: number): boolean {
    return this.#timers.take(timer);
  }

  cancelTimer(timer: number): void {
    this.#timers.cancel(timer);
  }

  /** Nothing can bring an answer any more: nothing that the app waits for is under way. Only meaningful after a turn. */
  get isStuck(): boolean {
    if (this.#holds.lent > 0) return false;
    return !this.#pinned && !this.#answered && this.#turns.watched === 0 && this.#calls === 0 && this.#holds.sockets === 0 && this.#timers.size === 0;
  }

  /** Its body is being made in the isolate. */
  get isStreaming(): boolean {
    return this.#streaming;
  }

  /** A person's variables are in the isolate of a pinned one. */
  get isAlone(): boolean {
    return !this.#pinned && this.#home.isAlone();
  }

  /** Something of it is under way that may also bring what other events of the isolate wait for. */
  get isActive(): boolean {
    return this.#turns.light > 0 || this.#turns.watched > 0 || this.#calls > 0 || this.#holds.any || this.#timers.size > 0;
  }

  /** A line of a shell keeps its event open, so that its timers go on; it waits for no answer. */
  pin(): void {
    this.#pinned = true;
  }

  /** Resolves when nothing of a pinned event is under way any more. */
  whenIdle(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onIdle = resolve;
    this.#checkIdle();
    return promise;
  }

  #checkIdle(): void {
    if (this.#onIdle !== undefined && (this.#ended || (this.#turns.watched === 0 && this.#calls === 0 && this.#holds.sockets === 0 && this.#timers.size === 0)))
      this.#onIdle();
  }

  /** What a line of a shell came to. */
  shown(kind: string, text: string): void {
    this.#client.shown?.(kind, text);
  }

  /** A turn of the event is on its way into the isolate. */
  turnStarted(): void {
    this.#turns.started();
  }

  /** A light turn is: it is not counted, since its end is not heard of; see isolate/turns.ts. */
  lightTurnStarted(): void {
    this.#turns.lightStarted();
  }

  turnEnded(cpuMs: number, isLight = false): void {
    const cameToSomething = this.#turns.ended(isLight) || this.#answered;
    this.#cpuMs += cpuMs;
    if (this.#cpuMs > this.#mostCpuMs && !this.#ended) {
      this.#home.used(cpuMs);
      this.#home.turnFailed(this, { kind: 'timeout' });
    } else this.#home.turnDone(this, cpuMs, cameToSomething);
    this.#checkIdle();
  }

  turnFailed(failure: TurnFailure, cpuMs: number, isLight = false): void {
    this.#turns.ended(isLight);
    this.#cpuMs += cpuMs;
    this.#home.used(cpuMs);
    this.#home.turnFailed(this, failure);
    this.#checkIdle();
  }

  /** waitUntil gets a bounded time after the answer. @see https://developers.cloudflare.com/workers/runtime-apis/context/#waituntil */
  #startGrace(): void {
    if (this.#grace !== undefined || this.#ended) return;
    this.#grace = setTimeout(() => {
      this.#home.limitHit(this, 'waitUntil', `still running ${this.#home.limits.waitUntilMs} ms after the response`);
      this.terminate();
    }, this.#home.limits.waitUntilMs);
  }

  #settle(): void {
    if (this.#ended || !this.#answered || this.#streaming || this.#piping || this.#isLeaving || this.#holds.answer) return;
    if (this.#held || this.#holds.sockets > 0) return this.#startGrace();
    this.#ended = true;
    clearTimeout(this.#grace);
    const unfinished = this.#holds.hadAny || this.#calls > 0 || this.#timers.size > 0;
    this.#timers.cancelAll();
    if (this.#closers !== undefined) for (const close of this.#closers) close();
    this.#closers = undefined;
    this.#home.eventEnded(this, unfinished);
    this.#client.ended?.();
    this.trace?.end(this.#cpuMs, this, this.#failure, this.#clientGone && !this.#isDelivered);
    // A run of light turns has its events until the next checkpoint: they need not have the request and its connection for as long.
    this.#client = NO_CLIENT;
  }
}
