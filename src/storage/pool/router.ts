/**
 * A pool of processes that run what strangers send: which call goes to which process, and when one is ended.
 *
 * Contract: a resource (a database) is with one worker at a time, its calls in order. A worker has one round at a
 * time; one that takes too long or too much memory is killed, and only the call that did it fails: the others of
 * its round are made again, each alone, unless something of the round may have become lasting. While all workers
 * are busy another one is started, up to a maximum; no owner has more than its share of them. Beyond the maximum there
 * is one for a group that has none at work: an engine that a tenant has taken over asks in the name of every app of its
 * group. Rounds that take long do not count towards the maximum, as far as there is room for them, and owners that have
 * made such ones are kept from the last worker: who is quick does not wait for who is slow. Some of the maximum are for owners
 * with many quick rounds behind them. A slow round has the CPU that others leave. When more are slow than there is room for, and
 * somebody who is not known to be slow has waited for as long as such may take, the one that has run for longest is ended. Every
 * call is answered; one whose answer is of no use any more when its turn comes is not made.
 */
import { FewReports } from '../../base/few-reports.ts';
import { KnownResources } from './known-resources.ts';
import { RecentOwners } from './recent-owners.ts';
import { type May, type Rank, Turns, type Waiting } from './turns.ts';
import { readWorkerFrame, type Room, type RoundCall, WorkerFrame } from './wire.ts';
import { readHandover, readSize, readTrouble } from './worker-words.ts';

/** A worker process. */
export interface WorkerHandle {
  readonly pid: number | undefined;
  send(key: string, room: Room, handover: string, calls: readonly RoundCall[]): void;
  /** Has it run when others do not, from now on. */
  lower(): void;
  /** Lets it go when it has nothing to do. */
  end(): void;
  kill(): void;
}

export type WorkerEvents = {
  frame(body: Buffer): void;
  /** The system did not let it start; `gone` follows. */
  unstarted(reason: string): void;
  /** After its last frame. */
  gone(): void;
};

/** How large resources may become. A round is given its room when it begins. */
export interface RoomKeeper {
  begin(key: string): Room;
  /** What the round has made of it, and how many of its calls there was no room for. */
  told(key: string, bytes: number, refused: number): void;
  /** The round is over, however it went. */
  end(key: string): void;
}

export type RouterOptions = {
  launch(events: WorkerEvents): WorkerHandle;
  /** Workers, and how many of them may work for one owner at a time. */
  most: number;
  mostPerOwner: number;
  /** Whose a resource is, with others of the same group. Without it there are no groups. */
  groupOf?(key: string): string;
  /** How long a round may take. */
  roundMs: number;
  /** A round is slow from then on, and its owner is for some time after; workers beyond the most that there may be for such. */
  slowMs: number;
  slowForMs: number;
  mostSlow: number;
  /** Of those that there may be, how many are for owners of whom much is known, and all of it quick. */
  keptForQuick: number;
  /** How long a call may wait for its turn. */
  queueMs: number;
  /** All workers are busy for so long: another one is started. */
  busyMs: number;
  /** A worker has had nothing to do for so long: it ends, unless there are no more than have to be ready. */
  idleMs: number;
  /** What a worker may take of the machine's memory, and how to find out. */
  memoryBytes: number;
  memoryOf(pid: number): number | undefined;
  /** What to answer in a worker's stead. */
  answers: Record<'timeout' | 'memory' | 'lost' | 'tooMany' | 'tooLong', string>;
  /** Without it resources grow as they like. */
  rooms?: RoomKeeper;
  onTrouble(message: string, fields: Record<string, unknown>): void;
  now?: () => number;
};

export type RoutedCall = Waiting & {
  payload: Buffer;
  isAlone: boolean;
  answer(payload: Buffer | string): void /** Whether that is of use. */;
  isHeard(): boolean;
};

type Round = { key: string; owner: string; calls: Map<number, RoutedCall>; size: number; startedAt: number; isCommitting: boolean };
type Worker = {
  handle: WorkerHandle;
  isReady: boolean;
  isEnding: boolean;
  hasWorked: boolean;
  isLow: boolean;
  launchedAt: number;
  round: Round | undefined;
  idleSince: number;
  verdict: 'timeout' | 'memory' | 'crowded' | 'odd' | undefined;
};

type Admission = { may: May | undefined; rank: Rank | undefined };

const MOST_ROUND_CALLS = 64;
const MOST_ROUND_BYTES = 4 * 1024 * 1024;
/** What may wait for one resource. */
const MOST_QUEUED_CALLS = 5000;
const MOST_QUEUED_BYTES = 64 * 1024 * 1024;
/** Fewer quick rounds say nothing: whoever comes with a slow query has made its tables before. */
const FEWEST_QUICK = 10;
const TICK_MS = 20;
/** A round is looked at for its memory when it has taken so long. */
const MEMORY_AFTER_MS = 60;
const SLOWEST_RESTART_MS = 5000;
/** A worker that is not ready after so long does not keep another from being started. */
const SLOW_START_MS = 2000;
const NO_BOUNDS: Room = { most: Number.POSITIVE_INFINITY, known: 0 };

export class PoolRouter {
  readonly #options: RouterOptions;
  readonly #now: () => number;
  readonly #turns: Turns<RoutedCall>;
  readonly #slow: RecentOwners;
  readonly #quick: RecentOwners;
  readonly #unstarted: FewReports;
  /** What workers say. */
  readonly #troubles: FewReports;
  readonly #workers = new Set<Worker>();
  /** A resource finds the worker that had it last with its statements compiled. */
  readonly #known = new KnownResources<Worker>();
  #calls = 0;
  /** Since when somebody who is not known to be slow has waited while slow rounds have more than their room. */
  #crowdedSince: number | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** How many are ready always. With a second owner there are two: a slow query of one does not have the other wait for a start. */
  #fewest = 1;
  #firstOwner: string | undefined;
  /** Workers that have ended before they were ready, one after the other; and when the next may be started. */
  #failures = 0;
  #restartAt = 0;

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#turns = new Turns(options.mostPerOwner);
    this.#slow = new RecentOwners(options.slowForMs);
    this.#quick = new RecentOwners(options.slowForMs, FEWEST_QUICK);
    this.#unstarted = new FewReports(options.onTrouble, this.#now);
    this.#troubles = new FewReports(options.onTrouble, this.#now);
  }

  get workers(): number {
    return this.#workers.size;
  }

  /** The processes of those that work at this moment. */
  get busyPids(): number[] {
    return [...this.#workers].filter(({ round }) => round !== undefined).flatMap(({ handle }) => handle.pid ?? []);
  }

  /** The first worker, before it is needed. */
  warmUp(): void {
    if (this.#workers.size === 0) this.#launch();
  }

  call(owner: string, key: string, payload: Buffer, answer: (payload: Buffer | string) => void, isHeard: () => boolean = () => true): void {
    this.#firstOwner ??= owner;
    if (owner !== this.#firstOwner) this.#fewest = Math.min(2, this.#options.most);
    const resource = this.#turns.resource(key);
    if (resource.calls.length >= MOST_QUEUED_CALLS || resource.bytes >= MOST_QUEUED_BYTES) return answer(this.#options.answers.tooMany);
    this.#turns.add(resource, { owner, payload, answer, isHeard, since: this.#now(), bytes: payload.length, isAlone: false });
    this.#dispatch();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#ticking);
    for (const { handle } of this.#workers) handle.kill();
  }

  /** Looks after what takes long. Called by itself while there is work. */
  tick(): void {
    const now = this.#now();
    for (const worker of this.#workers) {
      if (worker.round !== undefined) this.#judge(worker, worker.round, now);
      else if (worker.isReady && !worker.isEnding) this.#spare(worker, now);
      else if (!worker.isReady && now - worker.launchedAt > this.#options.roundMs) worker.handle.kill();
    }
    for (const call of this.#turns.expire(now - this.#options.queueMs)) call.answer(this.#options.answers.tooLong);
    this.#grow(now);
    this.#makeWay(now);
    this.#dispatch();
    const isCalm = this.#turns.size === 0 && this.#workers.size <= this.#fewest && ![...this.#workers].some(({ round }) => round !== undefined);
    if (!isCalm) return;
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }

  /** Lets an idle worker go that is not needed, or that a large query has left large: the next one would be blamed for it. */
  #spare(worker: Worker, now: number): void {
    const isLarge = worker.hasWorked && this.#isLarge(worker, this.#options.memoryBytes / 2);
    if (!isLarge && (this.#workers.size <= this.#fewest || now - worker.idleSince <= this.#options.idleMs)) return;
    this.#retire(worker);
  }

  #retire(worker: Worker): void {
    worker.isEnding = true;
    if (this.#workers.size <= this.#fewest) this.#launch();
    worker.handle.end();
  }

  #isLarge({ handle: { pid } }: Worker, bytes: number): boolean {
    return pid !== undefined && (this.#options.memoryOf(pid) ?? 0) > bytes;
  }

  #judge(worker: Worker, round: Round, now: number): void {
    if (worker.verdict !== undefined) return;
    const took = now - round.startedAt;
    if (took > this.#options.slowMs) {
      this.#slow.add(round.owner, now);
      this.#quick.delete(round.owner);
      if (!worker.isLow) worker.handle.lower();
      worker.isLow = true;
    }
    if (took > this.#options.roundMs) worker.verdict = 'timeout';
    else if (took > MEMORY_AFTER_MS && this.#isLarge(worker, this.#options.memoryBytes)) worker.verdict = 'memory';
    if (worker.verdict !== undefined) worker.handle.kill();
  }

  #slowRounds(now: number): number {
    let slow = 0;
    for (const { round } of this.#workers) if (round !== undefined && now - round.startedAt > this.#options.slowMs) slow++;
    return slow;
  }

  /** How many may be at work: slow rounds are beyond that, as far as there is room for them. */
  #mostNow(now: number): number {
    return this.#options.most + Math.min(this.#slowRounds(now), this.#options.mostSlow);
  }

  /** What may be given to a worker that is free. */
  #admission(now: number): Admission {
    const { groupOf, most, keptForQuick } = this.#options;
    let busy = 0;
    let ofSlow = 0;
    let ofQuick = 0;
    for (const { round } of this.#workers) {
      if (round === undefined) continue;
      busy++;
      if (this.#slow.has(round.owner, now)) ofSlow++;
      if (this.#quick.has(round.owner, now)) ofQuick++;
    }
    const mostNow = this.#mostNow(now);
    const kept = Math.max(0, keptForQuick - ofQuick);
    const credit: Rank | undefined = busy < mostNow && kept > 0 ? (owner) => this.#quick.credit(owner, now) : undefined;
    if (busy < Math.max(1, mostNow - kept))
      return { may: ofSlow < Math.max(1, most - 1) ? undefined : (_key, owner) => !this.#slow.has(owner, now), rank: credit };
    // What is kept, and what is beyond the maximum, is for a group that has none, too.
    const groups = new Set(groupOf === undefined ? [] : [...this.#workers].flatMap(({ round }) => (round === undefined ? [] : groupOf(round.key))));
    return { may: (key, owner) => (credit?.(owner) ?? 0) > 0 || (groupOf !== undefined && !groups.has(groupOf(key))), rank: credit };
  }

  /** Ends a slow round, where there is no other way for who is not known to be slow. */
  #makeWay(now: number): void {
    const { slowMs, mostSlow } = this.#options;
    const may = this.#slowRounds(now) > mostSlow ? this.#admission(now).may : undefined;
    if (may === undefined || !this.#turns.has((key, owner) => !this.#slow.has(owner, now) && !may(key, owner))) {
      this.#crowdedSince = undefined;
      return;
    }
    this.#crowdedSince ??= now;
    if (now - this.#crowdedSince < slowMs) return;
    let longest: (Worker & { round: Round }) | undefined;
    for (const worker of this.#workers) if (isSlowest(worker, longest, now - slowMs)) longest = worker;
    if (longest === undefined) return;
    this.#crowdedSince = undefined;
    longest.verdict = 'crowded';
    longest.handle.kill();
  }

  /** One more, when nobody is free and nobody will be soon: beside others that start only where more owners wait than those are. */
  #grow(now: number): void {
    if (now < this.#restartAt || !this.#hasPlace(now)) return;
    if (this.#workers.size < this.#fewest) return this.#launch();
    let starting = 0;
    for (const worker of this.#workers) {
      if (worker.isEnding || !this.#isInReach(worker, now)) continue;
      if (worker.isReady || ++starting >= this.#turns.waiting) return;
    }
    this.#launch();
  }

  #hasPlace(now: number): boolean {
    const most = this.#mostNow(now);
    if (this.#workers.size !== most) return this.#workers.size < most;
    for (const { round } of this.#workers) if (round === undefined) return false;
    const { may } = this.#admission(now);
    return may !== undefined && this.#turns.has(may);
  }

  /** It is free, or will soon be. One that does not get to its start is not waited for. */
  #isInReach({ isReady, launchedAt, round }: Worker, now: number): boolean {
    if (round !== undefined) return now - round.startedAt < this.#options.busyMs;
    return isReady || now - launchedAt < SLOW_START_MS;
  }

  #launch(): void {
    if (this.#isClosed) return;
    const worker: Worker = {
      isReady: false,
      isEnding: false,
      hasWorked: false,
      isLow: false,
      launchedAt: this.#now(),
      round: undefined,
      idleSince: 0,
      verdict: undefined,
      handle: this.#options.launch({
        frame: (body) => this.#receive(worker, body),
        unstarted: (error) => this.#unstarted.tell('a SQL process cannot be started, and is tried again', { error }),
        gone: () => this.#gone(worker),
      }),
    };
    this.#workers.add(worker);
  }

  #dispatch(): void {
    if (this.#isClosed) return;
    if (!this.#turns.isEmpty && this.#workers.size === 0 && this.#now() >= this.#restartAt) this.#launch();
    while (!this.#turns.isEmpty && this.#hasIdle()) {
      const { may, rank } = this.#admission(this.#now());
      const next = this.#turns.take(may, rank);
      if (next === undefined) break;
      const { resource, owner } = next;
      const { key } = resource;
      const calls = new Map<number, RoutedCall>();
      const sent: RoundCall[] = [];
      let bytes = 0;
      let isAlone = false;
      for (let call = resource.calls[0]; call !== undefined; call = resource.calls[0]) {
        if (sent.length > 0 && (call.isAlone || isAlone || sent.length >= MOST_ROUND_CALLS || bytes + call.bytes > MOST_ROUND_BYTES)) break;
        resource.calls.shift();
        resource.bytes -= call.bytes;
        if (!call.isHeard()) {
          call.answer(this.#options.answers.tooMany);
          continue;
        }
        bytes += call.bytes;
        isAlone = call.isAlone;
        this.#calls = (this.#calls + 1) >>> 0;
        calls.set(this.#calls, call);
        sent.push({ call: this.#calls, payload: call.payload });
      }
      if (sent.length === 0) {
        this.#turns.giveBack(resource, owner);
        continue;
      }
      const worker = this.#idleFor(key);
      worker.round = { key, owner, calls, size: sent.length, startedAt: this.#now(), isCommitting: false };
      worker.hasWorked = true;
      this.#known.give(key, worker);
      worker.handle.send(key, this.#options.rooms?.begin(key) ?? NO_BOUNDS, this.#known.handoverOf(key), sent);
    }
    this.#ticking ??= this.#turns.size === 0 ? undefined : setInterval(() => this.tick(), TICK_MS).unref();
  }

  #hasIdle(): boolean {
    for (const worker of this.#workers) if (isIdle(worker)) return true;
    return false;
  }

  /** The worker that had it last, or any. */
  #idleFor(key: string): Worker {
    const last = this.#known.workerOf(key);
    if (last !== undefined && isIdle(last)) return last;
    for (const worker of this.#workers) if (isIdle(worker)) return worker;
    throw new Error('nobody is free');
  }

  #receive(worker: Worker, body: Buffer): void {
    const frame = readWorkerFrame(body);
    if (frame === undefined) return this.#odd(worker);
    const { kind, call, payload } = frame;
    const { round } = worker;
    switch (kind) {
      case WorkerFrame.ready:
        worker.isReady = true;
        worker.idleSince = this.#now();
        this.#failures = 0;
        return this.#dispatch();
      case WorkerFrame.committing:
        if (round !== undefined) round.isCommitting = true;
        return;
      case WorkerFrame.trouble: {
        const trouble = readTrouble(payload);
        if (trouble === undefined) return this.#odd(worker);
        return this.#troubles.tell(trouble.message, trouble.fields);
      }
      case WorkerFrame.size: {
        const size = readSize(payload);
        if (size === undefined) return this.#odd(worker);
        if (round !== undefined) this.#options.rooms?.told(round.key, size.bytes, size.refused);
        return;
      }
      case WorkerFrame.handover: {
        const handover = readHandover(payload);
        if (handover === undefined) return this.#odd(worker);
        if (round !== undefined) this.#known.leave(round.key, handover);
        return;
      }
      case WorkerFrame.answer: {
        round?.calls.get(call)?.answer(payload);
        round?.calls.delete(call);
        if (round === undefined || round.calls.size > 0) return;
        worker.round = undefined;
        worker.idleSince = this.#now();
        if (!this.#slow.has(round.owner, worker.idleSince)) this.#quick.add(round.owner, worker.idleSince);
        this.#options.rooms?.end(round.key);
        this.#turns.giveBack(this.#turns.resource(round.key), round.owner);
        // Nobody but root gets a process's old priority back.
        if (worker.isLow) this.#retire(worker);
        return this.#dispatch();
      }
      default:
        return this.#odd(worker);
    }
  }

  /** What it says is no word of a worker of ours: somebody else speaks for it. */
  #odd(worker: Worker): void {
    worker.verdict ??= 'odd';
    worker.handle.kill();
  }

  #gone(worker: Worker): void {
    this.#workers.delete(worker);
    const { round, verdict } = worker;
    if (this.#isClosed) return;
    if (!worker.isReady) this.#restartAt = this.#now() + Math.min(SLOWEST_RESTART_MS, 100 * 2 ** Math.min(this.#failures++, 10));
    // Whoever remembers it must not take it for one that is free.
    worker.isReady = false;
    if (!worker.isEnding && worker.handle.pid !== undefined)
      this.#options.onTrouble(`a SQL process ${reasonOf(verdict)}`, {
        pid: worker.handle.pid,
        ...(round === undefined ? {} : { app: round.owner, database: round.key }),
      });
    if (round !== undefined) {
      this.#options.rooms?.end(round.key);
      const resource = this.#turns.resource(round.key);
      if (round.size === 1 || round.isCommitting) for (const call of round.calls.values()) call.answer(this.#options.answers[answerTo(verdict)]);
      else
        this.#turns.putBack(
          resource,
          [...round.calls.values()].map((call) => ({ ...call, isAlone: true, since: this.#now() })),
        );
      this.#turns.giveBack(resource, round.owner);
    }
    this.#dispatch();
  }
}

function isIdle({ isReady, isEnding, round }: Worker): boolean {
  return isReady && !isEnding && round === undefined;
}

/** Has it a round that can be ended, has run since before a time, and for longer than another's? */
function isSlowest(worker: Worker, than: { round: Round } | undefined, before: number): worker is Worker & { round: Round } {
  const { round, verdict } = worker;
  return round !== undefined && !round.isCommitting && verdict === undefined && round.startedAt < Math.min(before, than?.round.startedAt ?? before);
}

function answerTo(verdict: Worker['verdict']): 'timeout' | 'memory' | 'lost' {
  if (verdict === 'crowded') return 'timeout';
  return verdict === undefined || verdict === 'odd' ? 'lost' : verdict;
}

function reasonOf(verdict: Worker['verdict']): string {
  if (verdict === 'odd') return 'said what none of ours says, as one that was taken over, and was killed';
  if (verdict === 'timeout') return 'was ended: a query took too long';
  if (verdict === 'crowded') return 'was ended: all that there may be had slow queries, others waited, and its own had run for longest';
  return verdict === 'memory' ? 'was ended: a query took too much memory' : 'ended unexpectedly';
}
