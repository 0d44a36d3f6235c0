/**
 * Frames between engines, the router of a pool and its workers.
 *
 * Contract: whoever is between two ends never looks into a payload. Text is UTF-8, numbers are little-endian.
 *
 *     engine → router   badge                           the first frame: whose calls they are
 *     engine → router   call, owner, key, payload       a call for the resource `key`, made for `owner`
 *     router → engine   call, payload                   its answer
 *     router → worker   room, key, handover, { call, payload }…   a round: calls for one resource, in order, how large it may be then, and
 *                                                       what the worker that had it last has left of itself
 *     worker → router   kind, call, payload             see WorkerFrame
 */
import { HEAD_BYTES } from '../frame-reader.ts';

export const WorkerFrame = {
  /** The answer to a call. */
  answer: 0,
  /** From here on what the round has done so far may be lasting. */
  committing: 1,
  /** For the operator: JSON of a message and its fields. */
  trouble: 2,
  /** It has started, and waits for work. */
  ready: 3,
  /** Before the first answer of a round that has changed it: JSON of the bytes that the resource has, and how many calls were refused for want of room. */
  size: 4,
  /** Before the first answer of a round: what the next worker that has the resource has to know to go on as this one would. Text of its own. */
  handover: 5,
} as const;

export type CallFrame = { call: number; owner: string; key: string; payload: Buffer };

export function writeCall(call: number, owner: string, key: string, payload: string): Buffer {
  const ownerBytes = Buffer.byteLength(owner);
  const keyBytes = Buffer.byteLength(key);
  const body = 8 + ownerBytes + keyBytes + Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body);
  frame.writeUInt32LE(body, 0);
  frame.writeUInt32LE(call, 4);
  frame.writeUInt16LE(ownerBytes, 8);
  frame.writeUInt16LE(keyBytes, 10);
  let at = 12;
  at += frame.write(owner, at);
  at += frame.write(key, at);
  frame.write(payload, at);
  return frame;
}

/** @returns undefined for what `writeCall` has not made */
export function readCall(body: Buffer): CallFrame | undefined {
  if (body.length < 8) return undefined;
  const call = body.readUInt32LE(0);
  const ownerEnd = 8 + body.readUInt16LE(4);
  const keyEnd = ownerEnd + body.readUInt16LE(6);
  if (keyEnd > body.length) return undefined;
  return { call, owner: body.toString('utf8', 8, ownerEnd), key: body.toString('utf8', ownerEnd, keyEnd), payload: body.subarray(keyEnd) };
}

/** The head of an answer; the payload follows it. */
export function answerHead(call: number, payloadBytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES + 4);
  head.writeUInt32LE(4 + payloadBytes, 0);
  head.writeUInt32LE(call, 4);
  return head;
}

export type RoundCall = { call: number; payload: Buffer };

const ROUND_HEAD_BYTES = 20;

/** Bytes that a resource may have after a round, and those that it is known to have. Infinity and 0 where nobody counts. */
export type Room = { most: number; known: number };

/** @param handover what was left last; empty where nothing was */
export function writeRound(key: string, { most, known }: Room, handover: string, calls: readonly RoundCall[]): Buffer[] {
  const keyBytes = Buffer.byteLength(key);
  const handoverBytes = Buffer.byteLength(handover);
  let body = ROUND_HEAD_BYTES + keyBytes + handoverBytes;
  for (const { payload } of calls) body += 8 + payload.length;
  const head = Buffer.allocUnsafe(HEAD_BYTES + ROUND_HEAD_BYTES + keyBytes + handoverBytes);
  head.writeUInt32LE(body, 0);
  head.writeDoubleLE(most, 4);
  head.writeDoubleLE(known, 12);
  head.writeUInt16LE(keyBytes, 20);
  head.writeUInt16LE(handoverBytes, 22);
  head.write(key, 24);
  head.write(handover, 24 + keyBytes);
  const parts: Buffer[] = [head];
  for (const { call, payload } of calls) {
    const part = Buffer.allocUnsafe(8);
    part.writeUInt32LE(call, 0);
    part.writeUInt32LE(payload.length, 4);
    parts.push(part, payload);
  }
  return parts;
}

export type ReadRound = { key: string; room: Room; handover: string; calls: { call: number; payload: string }[] };

export function readRound(body: Buffer): ReadRound {
  const keyEnd = ROUND_HEAD_BYTES + body.readUInt16LE(16);
  const handoverEnd = keyEnd + body.readUInt16LE(18);
  const calls: { call: number; payload: string }[] = [];
  for (let at = handoverEnd; at < body.length; ) {
    const end = at + 8 + body.readUInt32LE(at + 4);
    calls.push({ call: body.readUInt32LE(at), payload: body.toString('utf8', at + 8, end) });
    at = end;
  }
  return {
    key: body.toString('utf8', ROUND_HEAD_BYTES, keyEnd),
    room: { most: body.readDoubleLE(0), known: body.readDoubleLE(8) },
    handover: body.toString('utf8', keyEnd, handoverEnd),
    calls,
  };
}

export function writeWorkerFrame(kind: number, call: number, payload: string): Buffer {
  const body = 5 + Buffer.byteLength(payload);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body);
  frame.writeUInt32LE(body, 0);
  frame.writeUInt8(kind, 4);
  frame.writeUInt32LE(call, 5);
  frame.write(payload, 9);
  return frame;
}

/** @returns undefined for what `writeWorkerFrame` has not made */
export function readWorkerFrame(body: Buffer): { kind: number; call: number; payload: Buffer } | undefined {
  if (body.length < 5) return undefined;
  return { kind: body.readUInt8(0), call: body.readUInt32LE(1), payload: body.subarray(5) };
}
