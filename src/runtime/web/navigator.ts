/**
 * navigator: who runs the app.
 * @see https://developers.cloudflare.com/workers/runtime-apis/web-standards/#navigatoruseragent
 */
import { differs } from '../compat.ts';
import { ObjectFreeze } from '../primordials.ts';
import { defineInterface, illegalConstructor, illegalInvocation } from '../webidl.ts';

const INTERNAL = {};

export class Navigator {
  readonly #brand = true;

  constructor(token: unknown = undefined) {
    if (token !== INTERNAL) throw illegalConstructor();
  }

  get userAgent(): string {
    if (!(#brand in this)) throw illegalInvocation('Navigator');
    return 'Cloudflare-Workers';
  }

  get hardwareConcurrency(): number {
    if (!(#brand in this)) throw illegalInvocation('Navigator');
    return 1;
  }

  get language(): string {
    if (!(#brand in this)) throw illegalInvocation('Navigator');
    return 'en';
  }

  get languages(): readonly string[] {
    if (!(#brand in this)) throw illegalInvocation('Navigator');
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
