/** What a key of a wrangler file that makes bindings is: its schema, and how its value becomes rows of the app. */
import type { z } from 'zod';
import type { BindingRecord } from '../../protocol/bindings.ts';

export type BindingOwner = {
  /** The app's name, with its environment. */
  app: string;
  /** The folder that relative paths start from. */
  dir: string;
  /** The environment of `nano`, where it may be asked. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
};

export interface BindingKey<Schema extends z.ZodType = z.ZodType> {
  /** "kv_namespaces" */
  readonly key: string;
  readonly schema: Schema;
  /** @param value as the schema has let it through */
  read(value: z.output<Schema>, owner: BindingOwner): BindingRecord[];
}

/** Types a key as it is written. */
export function bindingKey<Schema extends z.ZodType>(key: BindingKey<Schema>): BindingKey<Schema> {
  return key;
}
