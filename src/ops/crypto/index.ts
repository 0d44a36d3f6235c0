/**
 * The ops behind `crypto`.
 */
import { Request, Sync } from '../../protocol/ops.ts';
import type { RequestOp, SyncOp } from '../op.ts';
import { digest } from './digest.ts';
import { random } from './random.ts';
import { subtleOp } from './subtle.ts';

export const cryptoRequests: Readonly<Record<number, RequestOp>> = {
  [Request.digest]: digest,
  [Request.subtle]: subtleOp,
};

export const cryptoSyncs: Readonly<Record<number, SyncOp>> = {
  [Sync.random]: random,
};
