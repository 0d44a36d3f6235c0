/** What a dataset is on disk. Rows go after three months, and when there are too many. */
import type { StoreProduct } from '../../storage/product.ts';
import { BLOBS, COLUMNS, DOUBLES, MOST_ROWS, type PointRow, RETENTION_MS } from './points.ts';

/** Rows removed at a time: a store's thread serves everybody. */
const MOST_REMOVED = 20_000;

const columns = [...BLOBS.map((name) => `${name} TEXT NOT NULL`), ...DOUBLES.map((name) => `${name} REAL NOT NULL`)].join(', ');
const INSERT = `INSERT INTO points (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;

export const analyticsProduct: StoreProduct = {
  name: 'analytics',
  // A point is written without anybody waiting for it.
  fsync: 'normal',
  migrations: [
    `CREATE TABLE points (id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, index1 TEXT NOT NULL, ${columns}); CREATE INDEX points_by_time ON points (timestamp);`,
  ],
  writes: ['write'],
  metered: { grows: ['write'] },
  open: ({ db, now }) => ({
    methods: {
      write: (rows: readonly PointRow[]): null => {
        for (const row of rows) db.run(INSERT, ...row);
        return null;
      },
    },
    tick: () => {
      const { last = 0 } = db.get('SELECT max(id) AS last FROM points') ?? {};
      const before = Math.floor((now() - RETENTION_MS) / 1000);
      db.run(
        'DELETE FROM points WHERE id IN (SELECT id FROM points WHERE timestamp < ? OR id <= ? ORDER BY id LIMIT ?)',
        before,
        Number(last ?? 0) - MOST_ROWS,
        MOST_REMOVED,
      );
    },
  }),
};
