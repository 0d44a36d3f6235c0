/**
 * What workers of a pool say beside answers, as the router takes it: they run what strangers send, and one that was taken over
 * can say anything.
 */

export type WorkerTrouble = { message: string; fields: Record<string, unknown> };

/** Of JSON: a few names and an error, or two numbers. */
const MOST_TROUBLE_BYTES = 64 * 1024;
const MOST_SIZE_BYTES = 100;
const MOST_HANDOVER_BYTES = 200;

/** @returns undefined for what no worker of ours says */
export function readTrouble(payload: Buffer): WorkerTrouble | undefined {
  const { message, fields } = (parsed(payload, MOST_TROUBLE_BYTES) ?? {}) as { message?: unknown; fields?: unknown };
  if (typeof message !== 'string' || typeof fields !== 'object' || fields === null || Array.isArray(fields)) return undefined;
  const isText = (value: unknown): boolean => typeof value === 'string' || typeof value === 'number';
  return Object.values(fields).every(isText) ? { message, fields: fields as Record<string, unknown> } : undefined;
}

/** @returns undefined for what no worker of ours says */
export function readSize(payload: Buffer): { bytes: number; refused: number } | undefined {
  const value = parsed(payload, MOST_SIZE_BYTES);
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [bytes, refused] = value as unknown[];
  return isCount(bytes) && isCount(refused) ? { bytes, refused } : undefined;
}

/** @returns undefined for what no worker of ours leaves */
export function readHandover(payload: Buffer): string | undefined {
  return payload.length > MOST_HANDOVER_BYTES ? undefined : payload.toString();
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parsed(payload: Buffer, most: number): unknown {
  if (payload.length > most) return undefined;
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
