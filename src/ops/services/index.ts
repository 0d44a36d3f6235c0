/** The ops on other workers: requests to them, and calls of their methods. */
import { Post, Request } from '../../protocol/ops.ts';
import type { PostOp, RequestOp } from '../op.ts';
import { serviceFetch } from './fetch.ts';
import { loader } from './loader.ts';
import { rpcCall, rpcRelease, rpcReturn } from './rpc.ts';

export const serviceRequests: Readonly<Record<number, RequestOp>> = {
  [Request.serviceFetch]: serviceFetch,
  [Request.rpcCall]: rpcCall,
  [Request.loader]: loader,
};

export const servicePosts: Readonly<Record<number, PostOp>> = { [Post.rpcReturn]: rpcReturn, [Post.rpcRelease]: rpcRelease };
