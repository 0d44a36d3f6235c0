/** Operations on queues. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { QUEUES_ID } from '../../bindings/queues/messages.ts';
import { DataError } from '../../ports/stored-data.ts';
import { placeOf, storageDir } from '../../storage/paths.ts';
import { type DataPlace, id, type Operation, operation } from './operation.ts';

export type QueueRow = { name: string; count: number; bytes: number; paused: boolean };
export type QueueInfo = QueueRow & { leased: number; delayed: number; attempts: number | null; oldest: number | null };

const queue = z.object({ queue: id });

export const QUEUE_OPERATIONS: Readonly<Record<string, Operation>> = {
  'queues/list': operation({ args: z.object({}), run: async (place) => ({ value: areThere(place) ? await call(place, 'list') : [] }) }),
  'queues/info': operation({
    args: queue,
    run: async (place, { queue }) => {
      const info = await queueInfo(place, queue);
      if (info === null) throw missing(queue);
      return { value: info };
    },
  }),
  'queues/purge': operation({ args: queue, run: async (place, { queue }) => ({ value: await call(await known(place, queue), 'purge', queue) }) }),
  'queues/pause': operation({
    args: queue.extend({ paused: z.boolean() }),
    run: async (place, { queue, paused }) => ({ value: await call(await known(place, queue), 'pause', queue, paused) }),
  }),
};

/** A name with a slip in it must not make a queue. */
async function known(place: DataPlace, queue: string): Promise<DataPlace> {
  if (place.isBound?.('queue', queue) !== true && (await queueInfo(place, queue)) === null) throw missing(queue);
  return place;
}

const missing = (queue: string): DataError => new DataError('missing', `there is no queue ${queue}`);

/** Null where there is no such queue (yet). */
async function queueInfo(place: DataPlace, queue: string): Promise<QueueInfo | null> {
  return areThere(place) ? ((await call(place, 'info', queue)) as QueueInfo | null) : null;
}

function call({ stores, group }: DataPlace, method: string, ...args: unknown[]): Promise<unknown> {
  return stores.call({ product: 'queues', group, id: QUEUES_ID }, method, args);
}

/** Looking must not make the database. */
function areThere({ dataDir, group }: DataPlace): boolean {
  return existsSync(placeOf(storageDir(dataDir), { product: 'queues', group, id: QUEUES_ID }).file);
}
