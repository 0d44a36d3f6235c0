/** The operations on stored data, by name, and how one is carried out here. */
import { BucketError } from '../../ports/buckets.ts';
import { type DataAnswer, type DataBody, DataError } from '../../ports/stored-data.ts';
import { OpError } from '../../base/op-error.ts';
import { D1Failure } from '../../bindings/d1/errors.ts';
import { D1_OPERATIONS } from './d1.ts';
import { KV_OPERATIONS } from './kv.ts';
import { checked, type DataPlace, type Needed, type Operation } from './operation.ts';
import { QUEUE_OPERATIONS } from './queues.ts';
import { R2_OPERATIONS } from './r2.ts';

const OPERATIONS: Readonly<Record<string, Operation>> = { ...KV_OPERATIONS, ...D1_OPERATIONS, ...R2_OPERATIONS, ...QUEUE_OPERATIONS };

/** @throws DataError where there is none of the name, or the arguments are wrong */
export function findOperation(name: string, args: unknown): { needs: Needed | undefined; run(place: DataPlace, body: DataBody): Promise<DataAnswer> } {
  const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
  if (operation === undefined) throw new DataError('missing', `there is no operation ${JSON.stringify(name)}: is this another version of NANO?`);
  const given = checked(operation.args, args) as never;
  return {
    needs: operation.needs?.(given),
    run: async (place, body) => {
      try {
        return await operation.run(place, given, body);
      } catch (error) {
        throw asDataError(error);
      }
    },
  };
}

/** What a product, its store or the file system says, in the words of those who asked; anything else is a fault of ours. */
export function asDataError(error: unknown): unknown {
  if (error instanceof DataError || !(error instanceof Error)) return error;
  const isAnswer = error instanceof OpError || error instanceof BucketError || error instanceof D1Failure || 'code' in error;
  return isAnswer ? new DataError('failed', error.message) : error;
}
