/**
 * Whether a request to the admin port means this machine. A web page anywhere can let its own host name resolve
 * to 127.0.0.1 (DNS rebinding) and read what answers there, but it cannot choose the Host header.
 */
import { isIP } from 'node:net';

/**
 * @param host value of the Host header
 * @param configured the address the server was told to listen on; requests by that name are meant as well
 */
export function isTrustedHost(host: string | undefined, configured: string): boolean {
  const name = hostName(host);
  if (name === undefined) return false;
  if (name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  if (name === configured.toLowerCase()) return true;
  // On a wildcard address every one of the machine's addresses is meant; a rebound name is still a name.
  return (configured === '0.0.0.0' || configured === '::') && isIP(name) !== 0;
}

/** What stands before the name of this machine: "photos" of "photos.localhost:8081". Undefined where nothing does, or more than one label. */
export function subdomainOf(host: string | undefined, configured: string): string | undefined {
  if (host === undefined || isTrustedHost(host, configured)) return undefined;
  const [, label, rest] = /^([a-z0-9-]+)\.(.+)$/i.exec(host) ?? [];
  return isTrustedHost(rest, configured) && isIP(hostName(rest) ?? '') === 0 ? label?.toLowerCase() : undefined;
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(host);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}
