/**
 * D1 databases: `env.DB`, on the host. What the isolate sends is passed on unread to the process that has the
 * database, and so is its answer.
 */
import { invalidCall, OpError } from '../../base/op-error.ts';
import type { Json } from '../../protocol/bindings.ts';
import type { Binding, BindingManifest, Caller, Reply } from '../binding.ts';

/** More is no request of D1's: its statements are 100 KB, its values 2 MB. The router takes no more: see PoolServer. */
const MOST_REQUEST_BYTES = 16 * 1024 * 1024;
/** Of a character, as it is sent. */
const MOST_CHARACTER_BYTES = 3;

const databaseOf = (options: Readonly<Record<string, Json>>): { product: string; id: string } => ({ product: 'd1', id: String(options['id']) });

export const d1Manifest: BindingManifest = {
  type: 'd1',
  store: databaseOf,
  open: (_name, options, scope): Binding => {
    const address = { ...databaseOf(options), group: scope.group };
    return {
      call: (method: string, args: readonly unknown[], _caller: Caller): Promise<Reply> => {
        const [request] = args;
        if (method !== 'query' || typeof request !== 'string') throw invalidCall();
        if (isTooLong(request)) throw new OpError('Error', 'D1_ERROR: string or blob too big: SQLITE_TOOBIG');
        return scope.stores.call(address, 'query', [scope.app, request]);
      },
    };
  },
};

/** Few are long enough to be looked through. */
function isTooLong(request: string): boolean {
  return request.length > MOST_REQUEST_BYTES / MOST_CHARACTER_BYTES && Buffer.byteLength(request) > MOST_REQUEST_BYTES;
}
