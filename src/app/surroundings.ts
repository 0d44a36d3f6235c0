/** What a worker is given, and whom it tells of its end. */
import type { Binding } from '../bindings/binding.ts';
import type { Place } from '../ops/op.ts';
import type { Egress } from '../ports/egress.ts';
import type { Invoker } from '../ports/invoker.ts';
import type { Observer } from '../ports/observer.ts';
import type { WorkerLoader } from '../ports/worker-loader.ts';
import type { AppLimits } from '../protocol/engine.ts';
import type { StackMapper } from './stack.ts';
import type { TraceOf } from './trace.ts';

/** What a worker needs of its surroundings. */
export type Surroundings<Worker> = {
  app: string;
  version: string;
  group: string;
  limits: AppLimits;
  egress: Egress;
  invoker: Invoker<Place>;
  /** Loads workers for the app. */
  loader(): WorkerLoader;
  /** What it has been loaded as by another, if it has. */
  loaded: object | undefined;
  /** Absent where nobody tails the app. */
  trace?: TraceOf | undefined;
  /** In the order of the app's row. */
  bindings: readonly Binding[];
  /** The caches of the app, opened when first asked for. */
  cache?(): Binding;
  observer: Observer;
  stacks: StackMapper;
  /** Characters an event may log; absent: any number. */
  mostLogged?: number | undefined;
  /** An event had more to log than that. */
  onLogCut?(): void;
  /** Does the app use WebAssembly, whose memory has to be asked for? */
  hasWasm: boolean;
  /** May the app have shared memory? */
  hasSharedMemory?: boolean | undefined;
  /** Does the app listen for `unhandledrejection` or `rejectionhandled`? */
  hearsRejections: boolean;
  /** Is the end of each turn to be heard of, and each rejection that nobody handles? Costs a trip for every turn. */
  watchesTurns?: boolean | undefined;
  /** Its compatibility flags. @see flagsInForce */
  flags(): string;
  /** Is the app told when an event's client goes away? */
  tellsOfLeaving: boolean;
  /** Told when the worker may take no more events. */
  onCondemned(worker: Worker, reason: string): void;
  /** Told when a worker ends in whose isolate something is still running, and how to hear that it is over: until then it takes what it takes. */
  onOutlived?(over: Promise<void>): void;
  /** Told when the last event in hand is over. */
  onIdle(worker: Worker): void;
};
