/** One-shot requests and waiting, for tests. */
import { request } from 'node:http';

/** A GET on its own connection, to a port of this machine or the path of a socket: "status body", or the error's code. */
export function httpGet(where: number | string, path: string, host: string): Promise<string> {
  const place = typeof where === 'string' ? { socketPath: where } : { port: where, host: '127.0.0.1' };
  return new Promise((resolve) => {
    const call = request({ ...place, path, agent: false, headers: { host } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    });
    call.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

/** Waits for a condition that events of this process bring about. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
