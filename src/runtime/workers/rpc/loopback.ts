/**
 * `ctx.exports`: the worker's own entrypoints as services, to be called or passed on as any other.
 * @see https://developers.cloudflare.com/workers/runtime-apis/context/#exports
 */
import { OWN_EXPORT } from '../../../protocol/rpc.ts';
import { ArrayPrototypePush, JSONParse, ObjectDefineProperty } from '../../primordials.ts';
import { jsonText } from '../../json-text.ts';
import { isObject } from '../../webidl.ts';
import { entrypointNames } from '../handlers.ts';
import { loopbacks, makeService } from './kinds.ts';
import { encodeProps } from './props.ts';
import { wildcard } from './wildcard.ts';

let all: object | undefined;

/** An object with a service for each entrypoint. */
export function ownExports(): object {
  if (all !== undefined) return all;
  const found = {};
  const names = entrypointNames();
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = wildcard(loopbacks, { service: jsonText([OWN_EXPORT, name]) });
    ObjectDefineProperty(found, name, { value, writable: true, enumerable: true, configurable: true });
  }
  // While the app's modules are evaluated nothing is known yet.
  if (names.length > 0) all = found;
  return found;
}

/** Puts props, and the services in them, at the end of a service's text. */
export function appendProps(text: unknown[], props: unknown): void {
  const encoded = encodeProps(props);
  for (let i = 0; i < encoded.length; i++) ArrayPrototypePush(text, encoded[i]);
}

/** `ctx.exports.Name({ props })`: the same with props. */
export function withProps(service: string, options: unknown): object {
  const props: unknown = isObject(options) ? (options as { props?: unknown }).props : undefined;
  const name = (JSONParse(service) as string[])[1] as string;
  const text: unknown[] = [OWN_EXPORT, name];
  if (props !== undefined) appendProps(text, props);
  return makeService(jsonText(text));
}
