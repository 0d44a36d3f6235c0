/**
 * navigator: who runs the app.
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent
 */
import { currentEvent } from '../bridge.ts';
import { differs } from '../compat.ts';
import { ObjectFreeze } from '../primordials.ts';
import { argument, defineInterface, illegalConstructor, illegalInvocation, isObject, requireArguments } from '../webidl.ts';
import { fetch } from './global-fetch.ts';

const INTERNAL = {};

/** Keeps the event in hand until a promise is settled. */
let waitUntil: (promise: Promise<unknown>) => void = () => {};

/** For workers/, which knows of events. */
export function setWaitUntil(keep: typeof waitUntil): void {
  waitUntil = keep;
}

export class Navigator {
  readonly #brand = true;

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
  }

  get userAgent(): string {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return 'Cloudflare-Workers';
  }

  get hardwareConcurrency(): number {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return 1;
  }

  get language(): string {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return 'en';
  }

  get languages(): readonly string[] {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return LANGUAGES;
  }

  get platform(): string {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    return '';
  }

  /**
   * A POST whose answer nobody waits for; the event lasts until it has come. As in Workers a body may be anything that `fetch` takes,
   * and what goes wrong is logged. False outside of events.
   * @see https://w3c.github.io/beacon/#sendbeacon-method
   */
  sendBeacon(url: unknown, body: unknown = undefined): boolean {
    if (!isObject(this) || !(#brand in this)) throw illegalInvocation();
    requireArguments(arguments.length, 1, argument('sendBeacon', 'Navigator', 1));
    if (currentEvent() === 0) return false;
    waitUntil(fetch(url, { __proto__: null, method: 'POST', body }));
    return true;
  }
}

const LANGUAGES = ObjectFreeze(['en']);

defineInterface(Navigator, 'Navigator');
if (differs('enable_navigator_language')) {
  const prototype = Navigator.prototype as { -readonly [K in 'language' | 'languages']?: unknown };
  delete prototype.language;
  delete prototype.languages;
}

/** The one instance, as `globalThis.navigator`. */
export const navigator = new Navigator(INTERNAL);
