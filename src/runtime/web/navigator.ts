/**
 * navigator: who runs the app.
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent
 */
import { differs } from '../compat.ts';
import { ObjectFreeze } from '../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation, isObject } from '../webidl.ts';

const INTERNAL = {};

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
