/** One Miniflare, told on its command line what to be: `{ dir, script, port, options }` as JSON. */
import { Miniflare } from 'miniflare';

const { port, script, options } = JSON.parse(process.argv[2] ?? '{}') as { port: number; script: string; options: object };
const server = new Miniflare({ modules: true, script, compatibilityDate: '2026-01-01', host: '127.0.0.1', port, ...options } as ConstructorParameters<
  typeof Miniflare
>[0]);
await server.ready;
process.on('SIGTERM', () => void server.dispose().finally(() => process.exit(0)));
