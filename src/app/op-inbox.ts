/**
 * What comes out of an isolate: ops, each with the number of the event it belongs to.
 *
 * Contract: every number, name and argument is hostile. What an op refuses harms only its own event, and nothing
 * that a tenant sends throws here.
 */
import { isOutOfDescriptors, OUT_OF_DESCRIPTORS } from '../base/descriptors.ts';
import { OpError } from '../base/op-error.ts';
import type { Inbox } from '../isolate/realm.ts';
import type { OpContext, Reply } from '../ops/op.ts';
import { posts, requests, syncs } from '../ops/table.ts';
import { BodyKind, Entry, Post, Request, Sync } from '../protocol/ops.ts';
import type { AppEvent } from './event.ts';
import { clampDelay, MOST_BACKLOG, toArgument, withoutSharing, withoutStack } from './op-values.ts';
import type { Reports } from './reports.ts';

/** The worker the ops are for. */
export interface OpHome extends OpContext {
  /** Its isolate is gone: nothing is to be done any more. */
  readonly isGone: boolean;
  /** What it reports to. */
  readonly reports: Reports;
  /** May the app have memory that it can change while the host reads it? */
  readonly hasSharedMemory: boolean;
  /** Is the isolate told of each rejection that nobody handles? */
  readonly hearsRejections: boolean;
  /** What `Sync.flags` answers. */
  readonly flags: string;
  event(id: unknown): AppEvent | undefined;
  /** An event that is over, but which something may still be reported of. */
  lateEventOf(id: number): AppEvent | undefined;
  /** Enters the isolate in a turn of the event. */
  run(event: AppEvent, args: readonly unknown[]): void;
  /** As `run`, but in a light turn where the worker may have them. */
  lightly(event: AppEvent, args: readonly unknown[]): void;
  /** A rejection that the isolate was told of has been handled. */
  rejectionHandled(): void;
  importModule(event: number, specifier: string, referrer: string): Promise<number>;
  /** The answers to an event's ops pile up before a turn that does not end. */
  flooded(event: AppEvent): void;
}

type Answer = { event: AppEvent; call: unknown; ok: boolean; values: readonly unknown[] };

/** Answers that one turn takes in. */
const MOST_ANSWERS = 64;
/** Failures in a round of the event loop that get a turn each. A thousand such turns would hold up everybody. */
const MOST_ALONE = 16;

let isDraining = false;
const drained = (): void => {
  isDraining = false;
};

/**
 * isolated-vm calls in beside Node's own callbacks, and nobody runs promises and ticks after it. The end of a watched turn does,
 * a moment later; a light turn has none to hear of, and what an op leads to would wait for whatever happens next.
 */
function drainSoon(): void {
  if (isDraining) return;
  isDraining = true;
  setImmediate(drained);
}

export class OpInbox implements Inbox {
  readonly #home: OpHome;
  /** Answers that have come in this round of the event loop. */
  #answers: Answer[] = [];
  /** Failures that have had a turn of their own in it. */
  #alone = 0;

  constructor(home: OpHome) {
    this.#home = home;
  }

  send(op: number, id: number, args: unknown[]): void {
    // A name would find the array's own methods in the tables of ops.
    if (typeof op !== 'number' || this.#home.isGone) return;
    try {
      this.#receive(op, id, this.#home.hasSharedMemory ? args.map(withoutSharing) : args);
    } catch (error) {
      if (!(error instanceof OpError)) this.#home.reports.opFailed(op, error);
    }
    if (op !== Post.respond) drainSoon();
  }

  call(op: number, id: number, ...args: unknown[]): unknown {
    // Ops come in order: by now those before it are done.
    if (op === Sync.barrier) return undefined;
    if (op === Sync.flags) return this.#home.flags;
    const implementation = typeof op === 'number' ? syncs[op] : undefined;
    try {
      if (implementation === undefined) throw new OpError('Error', 'unknown op');
      return implementation(this.#home, id, ...(this.#home.hasSharedMemory ? args.map(withoutSharing) : args));
    } catch (error) {
      if (!(error instanceof OpError)) this.#home.reports.opFailed(op, error);
      throw withoutStack(error);
    }
  }

  #receive(op: number, id: number, args: unknown[]): void {
    if (op >= Request.fetch) return this.#request(op, id, args);
    const { reports } = this.#home;
    const event = this.#home.event(id);
    switch (op) {
      case Post.respond:
        return this.#respond(event, id, args);
      case Post.log:
        return reports.log(event ?? this.#home.lateEventOf(id), args[0], args[1], args[2]);
      case Post.hold:
        return event?.hold();
      case Post.done:
        return event?.done();
      case Post.verdict:
        return event?.verdict(String(args[0]));
      case Post.rejectionHandled:
        return this.#home.rejectionHandled();
      case Post.timerStart:
        return event?.startTimer(Number(args[0]), Number(args[2]) || 0, clampDelay(args[1]));
      case Post.timerCancel:
        return event?.cancelTimer(Number(args[0]));
      case Post.threw:
        return reports.threw(event, args);
      case Post.uncaught:
        return reports.uncaught(event ?? this.#home.lateEventOf(id), args);
      case Post.shell:
        return reports.shown(event, args);
      default:
        posts[op]?.(this.#home, id, ...args);
    }
  }

  /** The common answers, whole ones, take the short way. */
  #respond(event: AppEvent | undefined, id: number, args: unknown[]): void {
    const [status, statusText, headers, kind, body, encoded] = args;
    const isWhole = kind === BodyKind.none ? body === undefined : kind === BodyKind.text && typeof body === 'string';
    if (event !== undefined && isWhole && typeof status === 'number' && typeof statusText === 'string' && typeof headers === 'string') {
      event.send(status, statusText, headers, body as string | undefined, encoded === 1);
      // What goes to a client over HTTP is written by now; another worker waits by a promise.
      if (event.depth > 0) drainSoon();
      return;
    }
    posts[Post.respond]?.(this.#home, id, ...args);
    drainSoon();
  }

  #request(op: number, id: number, [call, ...args]: unknown[]): void {
    if (!Number.isSafeInteger(call) || call === 0) return;
    const event = this.#home.event(id);
    if (event !== undefined && event.backlog >= MOST_BACKLOG) return this.#home.flooded(event);
    event?.callStarted();
    let reply: Reply;
    try {
      reply = this.#perform(op, id, call, args);
    } catch (error) {
      return this.#failed(event, op, call, error);
    }
    if (reply instanceof Promise) {
      reply.then(
        (value) => this.#replied(event, call, value),
        (error: unknown) => this.#failed(event, op, call, error),
      );
    } else this.#replied(event, call, reply);
  }

  #perform(op: number, id: number, call: unknown, args: unknown[]): Reply {
    if (op === Request.importModule) return this.#home.importModule(id, String(args[0]), String(args[1]));
    const implementation = requests[op];
    if (implementation === undefined) throw new OpError('Error', 'unknown op');
    return implementation(this.#home, id, call as number, ...args);
  }

  #replied(event: AppEvent | undefined, call: unknown, reply: Reply): void {
    this.#settle(event, call, true, Array.isArray(reply) ? reply : [reply]);
  }

  #failed(event: AppEvent | undefined, op: number, call: unknown, error: unknown): void {
    const { name, message } = error instanceof OpError ? error : new OpError('Error', isOutOfDescriptors(error) ? OUT_OF_DESCRIPTORS : 'internal error');
    if (!(error instanceof OpError)) this.#home.reports.opFailed(op, error);
    this.#settle(event, call, false, [name, message]);
  }

  /** A failure goes by itself, unless there are many: of each turn one rejection that nobody handles is told. */
  #settle(event: AppEvent | undefined, call: unknown, ok: boolean, values: readonly unknown[]): void {
    if (event === undefined) return;
    const answer = { event, call, ok, values };
    if (this.#home.hearsRejections || (!ok && this.#alone < MOST_ALONE)) {
      if (!ok && this.#alone++ === 0) process.nextTick(this.#nextRound);
      this.flush();
      this.#bring(event, [answer]);
    } else if (this.#answers.push(answer) === 1) process.nextTick(this.#nextRound);
  }

  readonly #nextRound = (): void => {
    this.#alone = 0;
    this.flush();
  };

  /** Takes the answers into the isolate, those of one event in one turn: a turn costs more than most of what happens in it. */
  readonly flush = (): void => {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    for (let at = 0; at < answers.length; ) {
      const { event } = answers[at] as Answer;
      const from = at++;
      while (at - from < MOST_ANSWERS && answers[at]?.event === event) at++;
      this.#bring(event, answers.slice(from, at));
    }
  };

  #bring(event: AppEvent, answers: readonly Answer[]): void {
    for (let count = answers.length; count > 0; count--) event.callEnded();
    if (this.#home.isGone || event.ended) return;
    const args: unknown[] = [Entry.settle, event.id];
    let haveFailed = false;
    for (const { call, ok, values } of answers) {
      try {
        args.push(call, ok, values.length, ...values.map(toArgument));
        if (!ok) haveFailed = true;
      } catch (error) {
        // Bytes that cannot be moved: shared, or gone already.
        this.#home.reports.opFailed(Entry.settle, error);
        args.push(call, false, 2, 'Error', 'internal error');
        haveFailed = true;
      }
    }
    // What is rejected may be left unhandled, of which a light turn does not tell.
    if (haveFailed) this.#home.run(event, args);
    else this.#home.lightly(event, args);
  }
}
