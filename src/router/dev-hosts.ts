/**
 * Which host names `nano dev` answers to.
 *
 * A web page anywhere can let its own name resolve to 127.0.0.1 (DNS rebinding) and then read whatever answers there, but it
 * cannot choose the Host header. So the names of strangers are nobody's: this machine, addresses, and what the app's routes
 * or the developer name are the app's. A route for every host is made for a zone that this machine is not.
 */
import { isIP } from 'node:net';
import { parseRoutePattern, type RoutePattern } from '../config/route-pattern.ts';
import type { RoutedApp } from './table.ts';

/** @returns a function that tells of a host, as normaliseHost returns it, whether it is the app's */
export function devHosts({ hosts = [], routes = [] }: RoutedApp): (host: string) => boolean {
  const patterns = routes.map(({ pattern }) => parseRoutePattern(pattern)).filter((route) => typeof route !== 'string');
  return (host) => isLocal(host) || hosts.includes(host) || patterns.some((route) => fits(route, host));
}

/** Browsers ask nobody where "localhost" and what is below it are. */
const isLocal = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost') || host.startsWith('[') || isIP(host) !== 0;

function fits({ host: named, hosts }: RoutePattern, host: string): boolean {
  return named !== '' && ((hosts !== 'subhosts' && host === named) || (hosts !== 'exact' && host.endsWith(`.${named}`)));
}
