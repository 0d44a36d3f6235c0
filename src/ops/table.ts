/** Every op's implementation, by number: the manifests of the capabilities merged into three arrays. */
import { bindingRequests } from './binding-op.ts';
import { bodyPosts, bodyRequests, bodySyncs } from './bodies.ts';
import { compressionPosts, compressionRequests } from './compression.ts';
import { cryptoRequests, cryptoSyncs } from './crypto/index.ts';
import { fetchPosts, fetchRequests } from './egress/fetch-op.ts';
import type { PostOp, RequestOp, SyncOp } from './op.ts';
import { servicePosts, serviceRequests } from './services/index.ts';
import { tcpPosts, tcpRequests } from './tcp/index.ts';
import { textOps } from './text.ts';
import { socketPosts, socketRequests } from './websocket/index.ts';

const merge = <T>(...tables: Readonly<Record<number, T>>[]): readonly (T | undefined)[] => {
  const merged: (T | undefined)[] = [];
  for (const table of tables) {
    for (const [op, implementation] of Object.entries(table)) {
      if (merged[Number(op)] !== undefined) throw new Error(`op ${op} is implemented twice`);
      merged[Number(op)] = implementation;
    }
  }
  return merged;
};

export const posts: readonly (PostOp | undefined)[] = merge(bodyPosts, compressionPosts, fetchPosts, servicePosts, socketPosts, tcpPosts);
export const requests: readonly (RequestOp | undefined)[] = merge(
  bindingRequests,
  bodyRequests,
  compressionRequests,
  cryptoRequests,
  fetchRequests,
  serviceRequests,
  socketRequests,
  tcpRequests,
);
export const syncs: readonly (SyncOp | undefined)[] = merge(bodySyncs, cryptoSyncs, textOps);
