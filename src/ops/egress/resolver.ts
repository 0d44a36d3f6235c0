/**
 * Names to addresses, by the operating system's own rules (hosts file included).
 *
 * Contract: simultaneous questions for one name are one question. getaddrinfo occupies a thread of
 * libuv's pool, which files and decompression share, so at most LOOKUPS of them run at a time.
 */
import { lookup } from 'node:dns/promises';

export type ResolvedAddress = { address: string; family: number };
export type Resolve = (host: string) => Promise<ResolvedAddress[]>;

/** Leaves at least half of the pool to others. */
const LOOKUPS = Math.max(2, Math.floor(Number(process.env.UV_THREADPOOL_SIZE ?? 4) / 2));

/** A resolver with its own queue. */
export function systemResolver(): Resolve {
  const inFlight = new Map<string, Promise<ResolvedAddress[]>>();
  const waiting: (() => void)[] = [];
  let running = 0;

  const ask = async (host: string): Promise<ResolvedAddress[]> => {
    if (running >= LOOKUPS) await new Promise<void>((resolve) => waiting.push(resolve));
    else running++;
    try {
      return await lookup(host, { all: true, order: 'verbatim' });
    } finally {
      inFlight.delete(host);
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };

  return (host) => {
    let answer = inFlight.get(host);
    if (answer === undefined) {
      answer = ask(host);
      inFlight.set(host, answer);
    }
    return answer;
  };
}
