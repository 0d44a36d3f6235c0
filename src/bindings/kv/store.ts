/** What a KV namespace is on disk. */
import type { StoreProduct } from '../../storage/product.ts';

export const kvProduct: StoreProduct = {
  name: 'kv',
  migrations: ['CREATE TABLE entries (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID'],
  writes: ['put'],
  open: ({ db }) => ({
    methods: {
      get: (key: string) => db.get('SELECT value FROM entries WHERE key = ?', key)?.['value'] ?? null,
      put: (key: string, value: string) => {
        db.run('INSERT INTO entries (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value', key, value);
        return null;
      },
    },
  }),
};
