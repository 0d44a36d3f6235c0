/** Single requests of the benchmarks' own. */
import { request } from 'node:http';

export type Answer = { status: number; body: string; ms: number };

/** One request on a connection of its own. */
export function ask(port: number, path = '/', host = 'localhost', timeout = 60_000): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const started = performance.now();
  const message = request({ port, host: '127.0.0.1', path, headers: { host }, agent: false, timeout }, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body, ms: performance.now() - started }));
    response.on('error', reject);
  });
  message.on('timeout', () => message.destroy(new Error('no answer in time')));
  message.on('error', reject);
  message.end();
  return promise;
}

/** Waits until a server answers 200. @throws Error after `seconds` */
export async function untilReady(port: number, path: string, host: string, seconds: number, isAlive: () => boolean): Promise<void> {
  const end = performance.now() + seconds * 1000;
  let last = 'no answer';
  while (performance.now() < end && isAlive()) {
    try {
      const answer = await ask(port, path, host, 5000);
      if (answer.status === 200) return;
      last = `${answer.status} ${answer.body.slice(0, 200)}`;
    } catch (error) {
      last = String(error);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`The server at port ${port} did not get ready: ${last}`);
}
