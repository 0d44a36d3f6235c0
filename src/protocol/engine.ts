/**
 * The words between supervisor and engine: messages over a pipe of their own, as JSON.
 */

import type { AssetSettings } from './assets.ts';
import type { BindingRecord } from './bindings.ts';

/** Resolved limits of one app: numbers in the units of protocol/limits.ts. */
export type AppLimits = {
  memoryMb: number;
  cpuMs: number;
  startupMs: number;
  subrequests: number;
  requestBodyBytes: number;
  connections: number;
  waitUntilMs: number;
  /** Absent where there is none. */
  responseBodyBytes?: number;
  /** Of the disk; absent where there is no limit. */
  storageMb?: number;
};

/** A queue that an app consumes, and how. */
export type QueueConsumer = {
  queue: string;
  batchSize: number;
  batchTimeoutMs: number;
  maxRetries: number;
  /** Batches at the same time, over all engines. */
  maxConcurrency: number;
  /** Seconds before a message is tried again, where the app does not say. */
  retryDelay: number;
  deadLetterQueue?: string;
};

/** An event that no client asks for. */
export type Trigger =
  | { kind: 'scheduled'; app: string; cron: string; scheduledTime: number }
  /** Take batches of the queue, one after the other, for as long as there are any that are due. */
  | { kind: 'queue'; app: string; queue: string /** In whose name leases are taken. */; owner: string };

/** What became of it: "ok", or why not; `noRetry` where the app has said so. */
export type TriggerResult = { outcome: string; error?: string; noRetry?: boolean };

/** One version of one app, ready to be run. The bundle lies in `bundleDir` (see build/). */
export type AppRecord = {
  name: string;
  version: string;
  bundleDir: string;
  compatibilityDate: string;
  compatibilityFlags: string[];
  /** Bindings that are plain values: vars and secrets merged, secrets listed so that logs can mask them. */
  vars: Record<string, unknown>;
  secretNames: string[];
  /** What else is in env, in the order of the isolate's numbers. */
  bindings: BindingRecord[];
  /** How its static files are served, which lie in `bundleDir`; absent where it has none. */
  assets?: AssetSettings;
  /** Apps of one group share stores of the same id, and may share an engine. */
  group: string;
  /** The dispatch namespace it is in, through which alone it is reached. */
  namespace?: string;
  /** Apps whose tail handlers hear of its events. */
  tailConsumers?: readonly string[];
  limits: AppLimits;
  isolation: 'shared' | 'request';
  /** "coarse": the app's clocks stand still while its code runs. */
  timers: 'coarse' | 'precise';
  /** The app may have SharedArrayBuffer and shared WebAssembly memory. */
  sharedMemory?: true;
  egress: { private: 'deny' | 'loopback' | 'all'; allow: string[]; privateAllow: string[]; deny: string[] };
  routes: { pattern: string; customDomain: boolean }[];
  hosts: string[];
  /** Cron expressions, as config/cron.ts reads them. */
  crons: string[];
  /** The queues it consumes; absent where there are none. */
  consumers?: QueueConsumer[];
  /** ready: served. broken: answers 503, the reason is for the log. quarantined: answers 503 until released. */
  state: 'ready' | 'broken' | 'quarantined';
  reason?: string;
  /** The app has been set aside: where the engine listens that its requests from outside are passed on to. */
  aside?: string | undefined;
  /** Position in the ledger of requests in flight; see server/ledger.ts. */
  slot: number;
};

/** How everybody else comes first: threads run when no other wants to (idle), or, where they never would, have less time than others (low). */
export type StandsBack = 'idle' | 'low';

export type EngineConfig = {
  port: number;
  host: string;
  dataDir: string;
  /** Show exceptions as pages with source-mapped stacks (nano dev). */
  dev: boolean;
  logLevel: string;
  /** Memory for resident isolates, in MB: beyond it the least recently used are evicted. */
  isolateBudgetMb: number;
  /** Resident memory of the process, in MB, beyond which it is replaced. */
  residentLimitMb: number;
  /** For large values that are read again and again, over all apps. Megabytes. */
  hotBlobMb: number;
  /** Peers whose word about their clients counts: addresses and networks. */
  trustedProxies: readonly string[];
  /** Files and connections that the process may have open. */
  descriptors?: number;
  /** Memory maps that it may have. */
  maps?: number;
  /** Spare isolates kept booted and empty. */
  spareIsolates: number;
  urlBytes: number;
  headerBytes: number;
  /** The platform's own endpoints, closed to every app. */
  forbidden: { host: string; port: number }[];
  /** HTTP/2 is offered to https servers that apps fetch from. */
  http2: boolean;
  ledgerFile: string;
  /** Where the store process listens, and how it treats the disk. */
  stores: {
    socket: string /** Where the router of SQL processes listens. */;
    sql: string /** What both are shown; see storage/badge.ts. */;
    badge: string;
    dir: string;
    fsync: 'full' | 'normal';
  };
  /** The in-isolate runtime's script; see build/runtime-bundle.ts. */
  runtimeFile: string;
  /** Milliseconds a client may take for the head of a request, and be without progress. */
  headMs: number;
  idleMs: number;
  /** The socket it listens on is its trust group's, and who connects is the front. */
  isBehindFront?: boolean;
  /** For apps that are set aside. */
  standsBack?: StandsBack;
  /** For the front: the folder of the groups' sockets. */
  groupSockets?: string;
};

/** What is new or otherwise in the table of apps, all of it at first; `gone`: names of apps that are not in it any more. */
export type TableNews = { apps: AppRecord[]; gone: string[] };

export type ToEngine =
  | { type: 'configure'; config: EngineConfig }
  | ({ type: 'apps' } & TableNews)
  | { type: 'listen' }
  /** Stop accepting, finish what is in flight (at most `ms`), then exit 0. */
  | { type: 'drain'; ms: number }
  | { type: 'metrics'; call: number }
  /** Answered with `triggered` when it is over. */
  | { type: 'trigger'; call: number; trigger: Trigger };

export type FromEngine =
  | { type: 'ready' }
  /** Said once a second. See server/pulse.ts. */
  | { type: 'alive' }
  | { type: 'listening'; port: number }
  | { type: 'applied'; apps: number }
  /** V8 lost control of an isolate: this engine drains and exits; `app` is to blame. */
  | { type: 'catastrophe'; app: string; message: string }
  /** An app runs into its limits again and again. */
  | { type: 'restless'; app: string }
  /** An app got no CPU for as long as anybody is waited for. Said by engines whose threads run when no other wants to. */
  | { type: 'starved' }
  /** In pieces, of some apps each. */
  | { type: 'metrics'; call: number; text: string; isLast: boolean }
  /** An app wants to store something in its cache: the store process is needed. */
  | { type: 'storesForCache' }
  | { type: 'triggered'; call: number; result: TriggerResult }
  /** Told to drain, it takes no more connections. */
  | { type: 'closed' }
  /** It has no request in flight any more, either. */
  | { type: 'drained' };
