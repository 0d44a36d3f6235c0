/**
 * Routes for whoever owns the server: they show the tenants' data, or act for them.
 *
 * Contract: callers show the server's token, or, where it has none, come from this very machine without a proxy between.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type AdminCall, type AdminRoute, sendJson } from './route.ts';

/** A proxy on this machine says by these that it speaks for another one. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via'];

/** @param token what callers must show; undefined where the server has none */
export function guarded(route: AdminRoute, token: string | undefined): AdminRoute {
  return {
    ...route,
    handle: (call) => {
      const refusal = refusalOf(call, token);
      if (refusal === undefined) return route.handle(call);
      return sendJson(call.response, refusal.status, { error: refusal.error });
    },
  };
}

function refusalOf({ request }: AdminCall, token: string | undefined): { status: number; error: string } | undefined {
  if (token !== undefined) {
    const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    return given !== undefined && isSame(given, token) ? undefined : { status: 401, error: 'the server wants its token: set NANO_TOKEN, or say --token' };
  }
  const isPassedOn = FORWARDED.some((name) => request.headers[name] !== undefined);
  if (!isPassedOn && /^(?:127\.|::1$|::ffff:127\.)/.test(request.socket.remoteAddress ?? '')) return undefined;
  return { status: 403, error: 'this is for the machine itself only, unless the server is started with a token in NANO_TOKEN' };
}

/** Takes the same time wherever they differ. */
function isSame(given: string, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
