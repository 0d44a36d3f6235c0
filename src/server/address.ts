/** Addresses as a person can click them. */

export function appAddress(name: string, port: number): string {
  return `http://${name}.localhost${suffix(port)}`;
}

export function serverAddress(host: string, port: number): string {
  return `http://${visible(host)}${suffix(port)}`;
}

export function adminAddress(host: string, port: number): string {
  return serverAddress(host, port);
}

function visible(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function suffix(port: number): string {
  return port === 80 ? '' : `:${port}`;
}
