/**
 * `ctx.exports`: the worker's own entrypoints as services, to be called or passed on as any other.
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/#exports
 */
import { OWN_EXPORT } from '../../../protocol/rpc.ts';
import { JSONParse, JSONStringify, ObjectDefineProperty } from '../../primordials.ts';
import { isObject } from '../../webidl.ts';
import { entrypointNames } from '../handlers.ts';
import { loopbacks, makeService } from './kinds.ts';
import { wildcard } from './wildcard.ts';

let all: object | undefined;

/** An object with a service for each entrypoint. */
export function ownExports(): object {
  if (all !== undefined) return all;
  const found = {};
  const names = entrypointNames();
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = wildcard(loopbacks, { service: JSONStringify([OWN_EXPORT, name]) });
    ObjectDefineProperty(found, name, { value, writable: true, enumerable: true, configurable: true });
  }
  return (all = found);
}

/** `ctx.exports.Name({ props })`: the same with props. */
export function withProps(service: string, options: unknown): object {
  const props: unknown = isObject(options) ? (options as { props?: unknown }).props : undefined;
  const name = (JSONParse(service) as string[])[1] as string;
  return makeService(JSONStringify(props === undefined ? [OWN_EXPORT, name] : [OWN_EXPORT, name, props]));
}
