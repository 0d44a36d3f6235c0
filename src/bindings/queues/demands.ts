/** What consumers ask for comes from an engine, which a tenant may have taken over: it may be anything. */
import { invalidCall } from '../../base/op-error.ts';
import { type Demand, MOST_NAME, type Settlement, type WatchedQueue } from './messages.ts';

/** What the configuration allows. @see config/bindings/queues.ts */
const MOST_MESSAGES = 100;
const MOST_TIMEOUT_MS = 60_000;
const MOST_CONSUMERS = 250;
const MOST_RETRIES = 100;
const MOST_DELAY_MS = 86_400_000;
/** What consumers of ours ask for, with room to spare. */
const MOST_LEASE_MS = 3_600_000;
const MOST_WAIT_MS = 60_000;

/** @throws OpError for what no consumer of ours asks for */
export function checkDemand(demand: Demand, settlement: Settlement | null): void {
  const { owner, maxRetries, deadLetterQueue, leaseMs, waitMs } = demand ?? {};
  checkWatched(demand);
  const areNames = isName(owner) && (deadLetterQueue === undefined || isName(deadLetterQueue));
  if (!areNames || !isCount(maxRetries, MOST_RETRIES) || !isTime(leaseMs, MOST_LEASE_MS) || !isTime(waitMs, MOST_WAIT_MS)) throw invalidCall();
  if (settlement !== null) checkSettlement(settlement);
}

/** @throws OpError for what no configuration has */
export function checkWatched(watched: WatchedQueue): void {
  const { queue, batchSize, batchTimeoutMs, maxConcurrency } = watched ?? {};
  const areCounts = isCount(batchSize, MOST_MESSAGES) && batchSize > 0 && isCount(maxConcurrency, MOST_CONSUMERS);
  if (!isName(queue) || !areCounts || !isTime(batchTimeoutMs, MOST_TIMEOUT_MS)) throw invalidCall();
}

function checkSettlement(settlement: Settlement): void {
  const { lease, retried } = settlement ?? {};
  if (!Number.isSafeInteger(lease) || !Array.isArray(retried) || retried.length > MOST_MESSAGES) throw invalidCall();
  for (const one of retried as readonly Settlement['retried'][number][])
    if (!Number.isSafeInteger(one?.seq) || !isTime(one.delayMs, MOST_DELAY_MS)) throw invalidCall();
}

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length <= MOST_NAME;

const isCount = (value: unknown, most: number): value is number => Number.isSafeInteger(value) && isTime(value, most);

const isTime = (value: unknown, most: number): boolean => typeof value === 'number' && value >= 0 && value <= most;
