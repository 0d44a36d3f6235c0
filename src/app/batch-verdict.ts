/**
 * What an app has said of a batch of messages, and what follows from it.
 *
 * What is said of a message holds against what is said of the batch, and both hold against how the handler ended.
 * The text comes from the isolate: what makes no sense in it is passed over.
 * @see https://developers.cloudflare.com/queues/configuration/batching-retries/#explicit-acknowledgement-and-retries
 */
import type { Settlement } from '../bindings/queues/messages.ts';

export type Verdicts = {
  acked: ReadonlySet<number>;
  /** By position, with the seconds until then, where said. */
  retried: ReadonlyMap<number, number | undefined>;
  all: 'acked' | 'retried' | undefined;
  allDelay: number | undefined;
};

const PART = /^([aArR])(\d{0,3})(?::(-?\d{1,10}))?$/;
/** As when sending. */
const MOST_DELAY_SECONDS = 86_400;

/** Reads what runtime/workers/message-batch.ts writes. */
export function readVerdicts(texts: readonly string[]): Verdicts {
  const acked = new Set<number>();
  const retried = new Map<number, number | undefined>();
  let all: Verdicts['all'];
  let allDelay: number | undefined;
  for (const part of texts.flatMap((text) => text.split(' '))) {
    const [, what, position = '', seconds] = PART.exec(part) ?? [];
    const delay = seconds === undefined ? undefined : Math.min(Math.max(Number(seconds), 0), MOST_DELAY_SECONDS);
    if (what === 'A' && all === undefined) all = 'acked';
    else if (what === 'R' && all !== 'acked') {
      all = 'retried';
      allDelay = delay ?? allDelay;
    } else if (what === 'a' && position !== '' && !retried.has(Number(position))) acked.add(Number(position));
    else if (what === 'r' && position !== '' && !acked.has(Number(position))) retried.set(Number(position), delay ?? retried.get(Number(position)));
  }
  return { acked, retried, all, allDelay };
}

/** @param seqs of the batch's messages @param retryDelay of the consumer, in seconds, where the app gave none */
export function settlementOf(lease: number, seqs: readonly number[], verdicts: Verdicts, isOk: boolean, retryDelay: number): Settlement {
  const { acked, retried, all, allDelay } = verdicts;
  const again: { seq: number; delayMs: number }[] = [];
  seqs.forEach((seq, position) => {
    if (acked.has(position)) return;
    if (retried.has(position)) again.push({ seq, delayMs: (retried.get(position) ?? allDelay ?? retryDelay) * 1000 });
    else if (all === 'retried' || (all === undefined && !isOk)) again.push({ seq, delayMs: (allDelay ?? retryDelay) * 1000 });
  });
  return { lease, retried: again };
}
