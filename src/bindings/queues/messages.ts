/** What passes between the store of the queues and those who send and consume. */

/** How a body is kept: "json" and "text" as text, the others as bytes. */
export type ContentType = 'text' | 'bytes' | 'json' | 'v8';

export type NewMessage = { type: ContentType; body: string | Uint8Array /** Bytes. */; size: number; delayMs: number };

export type QueueMetrics = {
  backlogCount: number;
  backlogBytes: number;
  /** Milliseconds since 1970; 0 where there is none. */
  oldestMessageTimestamp: number;
};

/** A queue that is consumed, as the store has to know it to say when a batch is due. */
export type WatchedQueue = { queue: string; batchSize: number; batchTimeoutMs: number; maxConcurrency: number };

/** A consumer that asks for a batch. */
export type Demand = WatchedQueue & {
  /** Who asks: what it holds is given back when it is gone. */
  owner: string;
  maxRetries: number;
  deadLetterQueue?: string | undefined;
  /** How long it may keep a batch. */
  leaseMs: number;
  /** How long it waits for a batch where none is due. */
  waitMs: number;
};

export type LeasedMessage = { seq: number; id: string; sent: number; attempts: number; type: ContentType; body: string | Uint8Array };

/** Messages that are handed out for the first time: see parcels.ts. */
export type LeasedParcel = {
  /** Of its first message; those after it have one less each. */ seq: number;
  id: string;
  sent: number;
  count: number;
  parcel: Uint8Array;
};

/** What became of a batch: some messages are to be tried again, the others are done with. */
export type Settlement = { lease: number; retried: readonly { seq: number; delayMs: number }[] };

/** Messages that had no attempts left, by id. */
export type Settled = { dead: string[]; dropped: string[] };

/** Lease 0: there is nothing at the moment. */
export type Batch = Settled & { lease: number; parts: (LeasedMessage | LeasedParcel)[]; metrics: QueueMetrics };

/** Of a queue, or of whoever consumes one; in characters. */
export const MOST_NAME = 200;
/** What a message may have. @see https://developers.cloudflare.com/queues/platform/limits/ */
export const MOST_MESSAGE_BYTES = 128_000;
/** The store of a group's queues. To those who count what apps have stored each queue is a store of its own. */
export const QUEUES_ID = 'queues';
/** What Cloudflare says when there is no room for a message. */
export const STORAGE_LIMIT = 'Storage Limit Exceeded';
/** The topic of its notices: a batch of the queue is due. */
export const DUE_TOPIC = 'due';
