/** Each case uses tables of its own. */
const failure = async (work) => {
  try {
    return { value: await work() };
  } catch (error) {
    return { name: error.name, message: error.message, cause: error.cause?.message };
  }
};
const sql = (db, text, ...values) => db.prepare(text).bind(...values);
const all = async (db, text, ...values) => (await sql(db, text, ...values).all()).results;
const said = (db, text, ...values) => failure(() => all(db, text, ...values));
/** What both can agree on: who served it, how long it took and how large the file is they cannot. */
const meta = ({ changes, last_row_id, changed_db, rows_read, rows_written }) => ({ changes, last_row_id, changed_db, rows_read, rows_written });
const shape = (value) => Object.fromEntries(Object.entries(value).map(([name, one]) => [name, typeof one]));
const table = async (db, name, columns = 'id INTEGER PRIMARY KEY, v') => db.exec(`CREATE TABLE ${name} (${columns})`);

export const cases = {
  // The objects
  'DB: its class and methods': ({ DB }) => [
    DB.constructor.name,
    Object.prototype.toString.call(DB),
    ['prepare', 'batch', 'exec', 'withSession', 'dump'].map((name) => typeof DB[name]),
    Object.keys(DB),
  ],
  'statement: its class and fields': ({ DB }) => {
    const statement = DB.prepare('SELECT ?').bind(true);
    return [statement.constructor.name, statement.statement, statement.params, Object.keys(statement)];
  },
  'session: its class': ({ DB }) => DB.withSession().constructor.name,
  'bind: leaves the statement it is called on alone': async ({ DB }) => {
    const statement = DB.prepare('SELECT ? AS a');
    const [one, two] = [statement.bind(1), statement.bind(2)];
    return [statement.params, (await one.first()).a, (await two.first()).a, one === two];
  },
  'bind: of a bound statement replaces': async ({ DB }) => (await DB.prepare('SELECT ? AS a').bind(1).bind(2).first()).a,

  // Values
  'values: types in': ({ DB }) =>
    all(DB, 'SELECT typeof(?1) AS a, typeof(?2) AS b, typeof(?3) AS c, typeof(?4) AS d, typeof(?5) AS e, typeof(?6) AS f', 1, 1.5, 'x', null, true, [1]),
  'values: there and back': ({ DB }) => all(DB, 'SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e', 1, -1.5, 'é😀', null, false),
  'values: integer column': async ({ DB }) => {
    await table(DB, 'ints', 'i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC');
    await sql(DB, 'INSERT INTO ints VALUES (?, ?, ?, ?, ?)', 5, 5, 5, new Uint8Array([1, 2]), '7').run();
    return all(DB, 'SELECT *, typeof(i) AS ti, typeof(r) AS tr, typeof(t) AS tt, typeof(b) AS tb, typeof(n) AS tn FROM ints');
  },
  'values: ArrayBuffer': ({ DB }) => all(DB, 'SELECT ? AS a, length(?1) AS n', new Uint8Array([0, 1, 255]).buffer),
  'values: Uint8Array': ({ DB }) => all(DB, 'SELECT ? AS a', new Uint8Array([0, 1, 255])),
  'values: a view into a buffer': ({ DB }) => all(DB, 'SELECT ? AS a', new Uint8Array(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2)),
  'values: Uint16Array': ({ DB }) => all(DB, 'SELECT ? AS a', new Uint16Array([1, 2])),
  'values: DataView': ({ DB }) => all(DB, 'SELECT ? AS a', new DataView(new ArrayBuffer(2))),
  'values: array of numbers': ({ DB }) => all(DB, 'SELECT ? AS a, typeof(?1) AS t', [1, 2, 3]),
  'values: empty array': ({ DB }) => all(DB, 'SELECT ? AS a, typeof(?1) AS t', []),
  'values: array with a number that is no byte': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind([256])),
  'values: array of numbers with fractions': ({ DB }) => all(DB, 'SELECT ? AS a, ? AS b', [1.9, 255.5], new Float32Array([1.5])),
  'values: array of strings': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(['a'])),
  'values: undefined': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(undefined)),
  'values: object': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind({ a: 1 })),
  'values: function': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(() => 1)),
  'values: bigint': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(10n)),
  'values: symbol': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(Symbol('s'))),
  'values: Date': ({ DB }) => failure(() => DB.prepare('SELECT ?').bind(new Date(0)).params.length),
  'values: NaN and Infinity': ({ DB }) => all(DB, 'SELECT ? AS a, ? AS b, ? AS c', Number.NaN, Number.POSITIVE_INFINITY, -0),
  'values: infinity out': ({ DB }) => all(DB, 'SELECT 9e999 AS a, -9e999 AS b'),
  'values: large integers are rounded': ({ DB }) =>
    all(DB, 'SELECT 9007199254740991 AS a, 9007199254740993 AS b, 9223372036854775807 AS c, -9223372036854775808 AS d'),
  'values: large integers in a table': async ({ DB }) => {
    await table(DB, 'large');
    const { results } = await sql(DB, 'INSERT INTO large VALUES (9223372036854775807, 1) RETURNING id').all();
    return [results, await all(DB, 'SELECT count(*) AS n FROM large')];
  },
  'values: text with a NUL': ({ DB }) => all(DB, 'SELECT length(?) AS n, ?1 AS a', 'a\0b'),
  'values: lone surrogate': ({ DB }) => all(DB, 'SELECT ? AS a', 'a\ud800b'),
  'values: blob literal, true, false': ({ DB }) => all(DB, "SELECT x'00ff' AS a, x'' AS b, true AS c, false AS d, NULL AS e"),
  'values: current time is UTC': async ({ DB }) =>
    Math.abs(Date.parse(`${(await DB.prepare('SELECT CURRENT_TIMESTAMP AS t').first('t')).replace(' ', 'T')}Z`) - Date.now()) < 60_000,

  // Parameters
  'parameters: numbered': ({ DB }) => all(DB, 'SELECT ?2 AS a, ?1 AS b, ?2 AS c', 'one', 'two'),
  'parameters: a gap': ({ DB }) => all(DB, 'SELECT ?3 AS a', 1, 2, 3),
  'parameters: named, by position': ({ DB }) => all(DB, 'SELECT :b AS a, @c AS b, $d AS c, :b AS d', 1, 2, 3),
  'parameters: named and not': ({ DB }) => all(DB, 'SELECT :b AS a, ? AS b, :b AS c', 1, 2),
  'parameters: one name with two signs': ({ DB }) => all(DB, 'SELECT @a AS a, :a AS b, $a AS c, :a AS d', 1, 2, 3),
  'parameters: signs in strings, names and comments are none': ({ DB }) => all(DB, "SELECT '?' AS \"?\", ':a' AS [b?], ? /* ? */ AS `c?` -- ?", 1),
  'parameters: too few': ({ DB }) => said(DB, 'SELECT ?, ?', 1),
  'parameters: too many': ({ DB }) => said(DB, 'SELECT ?', 1, 2),
  'parameters: none bound': ({ DB }) => said(DB, 'SELECT ?'),
  'parameters: a hundred': async ({ DB }) =>
    Object.keys(
      await DB.prepare(`SELECT ${Array(100).fill('?').join()}`)
        .bind(...Array(100).keys())
        .first(),
    ).length,
  'parameters: more than a hundred': ({ DB }) => said(DB, `SELECT ${Array(101).fill('?').join(' + ')}`, ...Array(101).keys()),
  'parameters: ?101': ({ DB }) => said(DB, 'SELECT ?101'),

  // first, all, run, raw
  'first: a row': ({ DB }) => DB.prepare('SELECT 1 AS a, 2 AS b').first(),
  'first: of several': ({ DB }) => DB.prepare('SELECT 1 AS a UNION ALL SELECT 2').first(),
  'first: none': ({ DB }) => DB.prepare('SELECT 1 WHERE 0').first(),
  'first: a column': ({ DB }) => DB.prepare('SELECT 1 AS a, 2 AS b').first('b'),
  'first: a column that is null': ({ DB }) => DB.prepare('SELECT NULL AS a').first('a'),
  'first: a column that is not there': ({ DB }) => failure(() => DB.prepare('SELECT 1 AS a').first('b')),
  'first: a column of no row': ({ DB }) => DB.prepare('SELECT 1 AS a WHERE 0').first('b'),
  'first: null for a column': ({ DB }) => failure(() => DB.prepare('SELECT 1 AS a').first(null)),
  'all: keys and types': async ({ DB }) => {
    const { meta: about, ...rest } = await DB.prepare('SELECT 1 AS a').all();
    return [rest, shape(about)];
  },
  'all: no rows': async ({ DB }) => (await DB.prepare('SELECT 1 WHERE 0').all()).results,
  'all: columns of one name': async ({ DB }) => (await DB.prepare('SELECT 1 AS a, 2 AS a').all()).results,
  'all: a column named __proto__': async ({ DB }) => JSON.stringify((await DB.prepare('SELECT 1 AS __proto__, 2 AS a').all()).results),
  'all: unnamed columns': ({ DB }) => all(DB, "SELECT 1, 1 + 1, count(*), 'x', ?", 1),
  'all: order of columns': async ({ DB }) => Object.keys(await DB.prepare('SELECT 1 AS z, 2 AS a, 3 AS m').first()),
  'run: of a query has its rows': async ({ DB }) => {
    const { meta: about, ...rest } = await DB.prepare('SELECT 1 AS a').run();
    return [rest, meta(about).changes];
  },
  'run: of an insert': async ({ DB }) => {
    await table(DB, 'run1');
    const { meta: about, ...rest } = await DB.prepare('INSERT INTO run1 (v) VALUES (1), (2)').run();
    return [rest, meta(about)];
  },
  'raw: rows': ({ DB }) => DB.prepare('SELECT 1 AS a, 2 AS a UNION ALL SELECT 3, 4').raw(),
  'raw: with names': ({ DB }) => DB.prepare('SELECT 1 AS a, 2 AS a').raw({ columnNames: true }),
  'raw: names without rows': ({ DB }) => DB.prepare('SELECT 1 AS a WHERE 0').raw({ columnNames: true }),
  'raw: no rows': ({ DB }) => DB.prepare('SELECT 1 AS a WHERE 0').raw(),
  'raw: blobs': ({ DB }) => DB.prepare("SELECT x'0102'").raw(),
  'statement: used again': async ({ DB }) => {
    await table(DB, 'again');
    const statement = DB.prepare('INSERT INTO again (v) VALUES (?) RETURNING id').bind('x');
    return [await statement.first('id'), await statement.first('id'), await statement.first('id')];
  },

  // meta
  'meta: of an insert, update, delete, select': async ({ DB }) => {
    await table(DB, 'meta1');
    const results = [];
    for (const text of [
      "INSERT INTO meta1 (v) VALUES ('a')",
      "INSERT INTO meta1 (v) VALUES ('b'), ('c')",
      "UPDATE meta1 SET v = 'd' WHERE id = 1",
      'SELECT * FROM meta1',
      'SELECT * FROM meta1 WHERE id = 2',
      'SELECT 1',
      'DELETE FROM meta1 WHERE id = 3',
    ])
      results.push(meta((await DB.prepare(text).run()).meta));
    return results;
  },
  'meta: rows read, where none is found': async ({ DB }) => {
    await table(DB, 'meta5');
    await DB.exec('INSERT INTO meta5 VALUES (1, 1)');
    return (await DB.prepare('SELECT * FROM meta5 WHERE id = 99').run()).meta.rows_read;
  },
  'meta: rows written count indexes': async ({ DB }) => {
    await table(DB, 'meta2', 'id INTEGER PRIMARY KEY, a UNIQUE, b');
    await DB.exec('CREATE INDEX meta2_b ON meta2 (b)');
    const { meta: about } = await DB.prepare('INSERT INTO meta2 (a, b) VALUES (1, 1), (2, 2)').run();
    return [about.changes, about.rows_written];
  },
  'meta: changes of triggers count': async ({ DB }) => {
    await table(DB, 'meta3');
    await table(DB, 'meta3_log');
    await DB.exec('CREATE TRIGGER meta3_t AFTER INSERT ON meta3 BEGIN INSERT INTO meta3_log (v) VALUES (new.v); INSERT INTO meta3_log (v) VALUES (new.v); END');
    return (await DB.prepare('INSERT INTO meta3 (v) VALUES (1)').run()).meta.changes;
  },
  'meta: an update that finds nothing': async ({ DB }) => {
    await table(DB, 'meta4');
    const { changes, changed_db } = (await DB.prepare('UPDATE meta4 SET v = 1').run()).meta;
    return [changes, changed_db];
  },

  // Errors
  'errors: no such table': ({ DB }) => said(DB, 'SELECT * FROM nowhere'),
  'errors: no such column': ({ DB }) => said(DB, 'SELECT nothing FROM sqlite_schema'),
  'errors: no such function': ({ DB }) => said(DB, 'SELECT nothing(1)'),
  'errors: wrong number of arguments': ({ DB }) => said(DB, 'SELECT abs(1, 2)'),
  'errors: syntax': ({ DB }) => said(DB, 'SELEC 1'),
  'errors: syntax, later, after other letters': ({ DB }) => said(DB, "SELECT 'é FROM' AS a FROM FROM x"),
  'errors: syntax, the word came before': ({ DB }) => said(DB, 'SELECT id FROM sqlite_schema WHERE WHERE'),
  'errors: incomplete': ({ DB }) => said(DB, 'SELECT'),
  'errors: unterminated string': ({ DB }) => said(DB, "SELECT 'abc"),
  'errors: aggregate misused': ({ DB }) => said(DB, 'SELECT 1 WHERE count(*)'),
  'errors: constraints': async ({ DB }) => {
    await table(DB, 'constrained', 'id INTEGER PRIMARY KEY, u UNIQUE, n NOT NULL, c CHECK (c < 5), s TEXT');
    await DB.exec('INSERT INTO constrained VALUES (1, 1, 1, 1, 1)');
    const texts = ['(1, 2, 1, 1, 1)', '(2, 1, 1, 1, 1)', '(2, 2, NULL, 1, 1)', '(2, 2, 2, 9, 1)', "('x', 3, 3, 3, 3)", '(1)'];
    return [
      await Promise.all(texts.map((values) => said(DB, `INSERT INTO constrained VALUES ${values}`))),
      await all(DB, 'SELECT count(*) AS n FROM constrained'),
    ];
  },
  'errors: foreign keys are on': async ({ DB }) => {
    await table(DB, 'parent');
    await table(DB, 'child', 'p REFERENCES parent (id) ON DELETE CASCADE');
    const bad = await said(DB, 'INSERT INTO child VALUES (1)');
    await DB.batch([DB.prepare('INSERT INTO parent VALUES (1, 1)'), DB.prepare('INSERT INTO child VALUES (1)'), DB.prepare('DELETE FROM parent')]);
    return [bad, await all(DB, 'SELECT count(*) AS n FROM child')];
  },
  'errors: STRICT tables': async ({ DB }) => {
    await DB.exec('CREATE TABLE strict1 (a INTEGER) STRICT');
    return said(DB, "INSERT INTO strict1 VALUES ('x')");
  },
  'errors: RAISE in a trigger': async ({ DB }) => {
    await table(DB, 'raising');
    await DB.exec("CREATE TRIGGER raising_t BEFORE INSERT ON raising BEGIN SELECT RAISE(ABORT, 'not that'); END");
    return said(DB, 'INSERT INTO raising VALUES (1, 1)');
  },
  'errors: empty': async ({ DB }) => Promise.all(['', ' ', '\n', ';', '-- nothing', ' -- nothing', '/* nothing */'].map((text) => said(DB, text))),
  'errors: the error after an error': async ({ DB }) => [await said(DB, 'SELEC'), await said(DB, 'SELECT 1 AS a')],

  // Several statements in one text
  'several: the last one answers': ({ DB }) => all(DB, 'SELECT 1 AS a; SELECT 2 AS b'),
  'several: all are done': async ({ DB }) => {
    await table(DB, 'several1');
    await sql(DB, 'INSERT INTO several1 VALUES (1, 1); INSERT INTO several1 VALUES (2, 2); INSERT INTO several1 VALUES (3, ?)', 9).run();
    return all(DB, 'SELECT * FROM several1');
  },
  'several: none is done when one fails': async ({ DB }) => {
    await table(DB, 'several2');
    return [await said(DB, 'INSERT INTO several2 VALUES (1, 1); INSERT INTO nowhere VALUES (1)'), await all(DB, 'SELECT * FROM several2')];
  },
  'several: parameters before the last': ({ DB }) => said(DB, 'SELECT ?; SELECT 1', 1),
  'several: blanks after the end': ({ DB }) => all(DB, 'SELECT 1 AS a; \n\t '),
  'several: more semicolons': ({ DB }) => said(DB, 'SELECT 1 AS a;;'),
  'several: a comment after the end': ({ DB }) => said(DB, 'SELECT 1 AS a; -- end'),
  'several: a trigger is one': async ({ DB }) => {
    await table(DB, 'several3');
    await DB.prepare(
      'CREATE TRIGGER several3_t AFTER INSERT ON several3 BEGIN UPDATE several3 SET v = 7; SELECT 1; END; INSERT INTO several3 VALUES (1, 1)',
    ).run();
    return all(DB, 'SELECT * FROM several3');
  },

  // batch
  'batch: results in order': async ({ DB }) => {
    await table(DB, 'batch1');
    const results = await DB.batch([
      sql(DB, 'INSERT INTO batch1 (v) VALUES (?)', 'a'),
      sql(DB, 'INSERT INTO batch1 (v) VALUES (?)', 'b'),
      sql(DB, 'SELECT * FROM batch1 WHERE v > ?', ''),
      sql(DB, 'DELETE FROM batch1'),
    ]);
    return results.map(({ meta: about, ...rest }) => [rest, about.changes, about.last_row_id]);
  },
  'batch: all or nothing': async ({ DB }) => {
    await table(DB, 'batch2');
    const failed = await failure(() => DB.batch([DB.prepare('INSERT INTO batch2 VALUES (1, 1)'), DB.prepare('INSERT INTO batch2 VALUES (1, 1)')]));
    return [failed, await all(DB, 'SELECT * FROM batch2')];
  },
  'batch: tables made by earlier statements': async ({ DB }) => {
    const results = await DB.batch([DB.prepare('CREATE TABLE batch3 (a)'), DB.prepare('INSERT INTO batch3 VALUES (1)'), DB.prepare('SELECT * FROM batch3')]);
    return results.map(({ results }) => results);
  },
  'batch: tables made are gone when it fails': async ({ DB }) => {
    const failed = await failure(() => DB.batch([DB.prepare('CREATE TABLE batch4 (a)'), DB.prepare('SELECT * FROM nowhere')]));
    return [failed, await said(DB, 'SELECT * FROM batch4')];
  },
  'batch: empty': ({ DB }) => failure(() => DB.batch([])),
  'batch: an empty statement among others': async ({ DB }) =>
    (await DB.batch([DB.prepare('SELECT 1 AS a'), DB.prepare(' '), DB.prepare('SELECT 2 AS a')])).map(({ results }) => results),
  'batch: the same statement several times': async ({ DB }) => {
    const statement = DB.prepare('SELECT ? AS a');
    return (await DB.batch([statement.bind(1), statement.bind(2), statement.bind(1)])).map(({ results }) => results[0].a);
  },
  'batch: deferred foreign keys': async ({ DB }) => {
    await table(DB, 'dparent');
    await table(DB, 'dchild', 'p REFERENCES dparent (id)');
    const insert = DB.prepare('INSERT INTO dchild VALUES (1)');
    const fine = await failure(
      async () => (await DB.batch([DB.prepare('PRAGMA defer_foreign_keys = on'), insert, DB.prepare('INSERT INTO dparent VALUES (1, 1)')])).length,
    );
    const left = await failure(() => DB.batch([DB.prepare('PRAGMA defer_foreign_keys = on'), DB.prepare('INSERT INTO dchild VALUES (2)')]));
    return [fine, left.message, await all(DB, 'SELECT * FROM dchild')];
  },
  'batch: changed tables are seen': async ({ DB }) => {
    await table(DB, 'batch5');
    await DB.exec('INSERT INTO batch5 VALUES (1, 2)');
    const before = await all(DB, 'SELECT * FROM batch5');
    await DB.batch([DB.prepare('ALTER TABLE batch5 RENAME COLUMN v TO w'), DB.prepare('ALTER TABLE batch5 ADD COLUMN x DEFAULT 3')]);
    return [before, await all(DB, 'SELECT * FROM batch5')];
  },

  // exec
  'exec: one line': async ({ DB }) => {
    const { count, duration, ...rest } = await DB.exec('SELECT 1');
    return [count, typeof duration, rest];
  },
  'exec: lines': async ({ DB }) => (await DB.exec('CREATE TABLE exec1 (a)\nINSERT INTO exec1 VALUES (1)\nINSERT INTO exec1 VALUES (2);')).count,
  'exec: several in a line count as one': async ({ DB }) => (await DB.exec('SELECT 1; SELECT 2; SELECT 3')).count,
  'exec: a statement over two lines': ({ DB }) => failure(() => DB.exec('SELECT 1,\n2')),
  'exec: an error': ({ DB }) => failure(() => DB.exec('SELECT * FROM nowhere')),
  'exec: an error in the second line': ({ DB }) => failure(() => DB.exec('CREATE TABLE exec2 (a)\nSELECT * FROM nowhere')),
  'exec: nothing is done when a line fails': async ({ DB }) => {
    await failure(() => DB.exec('CREATE TABLE exec3 (a)\nSELECT * FROM nowhere'));
    return said(DB, 'SELECT * FROM exec3');
  },
  'exec: empty': ({ DB }) => failure(() => DB.exec('')),
  'exec: empty lines between': async ({ DB }) => (await DB.exec('SELECT 1\n\n  \nSELECT 2')).count,
  'exec: comments': ({ DB }) => failure(async () => (await DB.exec('SELECT 1\n  -- a comment\nSELECT 2')).count),
  'exec: parameters': ({ DB }) => failure(() => DB.exec('SELECT ?')),

  // Sessions
  'session: no bookmark at first': ({ DB }) => [
    DB.withSession().getBookmark(),
    DB.withSession('first-primary').getBookmark(),
    DB.withSession('first-unconstrained').getBookmark(),
  ],
  'session: a bookmark after a query': async ({ DB }) => {
    const session = DB.withSession('first-primary');
    await session.prepare('SELECT 1').run();
    const bookmark = session.getBookmark();
    return [typeof bookmark, /^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{32}$/.test(bookmark)];
  },
  'session: bookmarks do not go back': async ({ DB }) => {
    const session = DB.withSession();
    await table(DB, 'session1');
    await session.prepare('INSERT INTO session1 (v) VALUES (1)').run();
    const first = session.getBookmark();
    await session.prepare('INSERT INTO session1 (v) VALUES (2)').run();
    const second = session.getBookmark();
    const other = DB.withSession(second);
    await other.prepare('SELECT 1').run();
    return [first <= second, second <= other.getBookmark()];
  },
  'session: from a bookmark': async ({ DB }) => {
    const first = DB.withSession('first-primary');
    await first.batch([first.prepare('SELECT 1')]);
    const bookmark = first.getBookmark();
    return [DB.withSession(bookmark).getBookmark() === bookmark, DB.withSession(` ${bookmark} `).getBookmark() === bookmark];
  },
  'session: anything is taken for a bookmark': ({ DB }) => DB.withSession('some text').getBookmark(),
  'session: null and blanks': ({ DB }) => [DB.withSession(null).getBookmark(), DB.withSession('  ').getBookmark()],
  'session: has no exec': ({ DB }) => [typeof DB.withSession().exec, typeof DB.withSession().dump, typeof DB.withSession().withSession],
  'session: batch': async ({ DB }) => {
    const session = DB.withSession();
    return (await session.batch([session.prepare('SELECT 1 AS a')])).map(({ results }) => results);
  },
  'dump: is no more': ({ DB }) => failure(() => DB.dump()),

  // What SQL may not
  'rules: transactions': async ({ DB }) =>
    Promise.all(['BEGIN', 'BEGIN IMMEDIATE', 'COMMIT', 'END', 'ROLLBACK', 'SAVEPOINT a', 'RELEASE a', 'ROLLBACK TO a'].map((text) => said(DB, text))),
  'rules: ATTACH and DETACH': async ({ DB }) => Promise.all(["ATTACH 'x.db' AS x", "ATTACH ':memory:' AS x", 'DETACH main'].map((text) => said(DB, text))),
  'rules: VACUUM': async ({ DB }) => [await said(DB, 'VACUUM'), await said(DB, "VACUUM INTO '/tmp/x'"), await said(DB, 'VACUUM')],
  'rules: pragmas that are not': async ({ DB }) =>
    Promise.all(
      [
        'journal_mode',
        'journal_mode = delete',
        'synchronous = off',
        'user_version',
        'page_count',
        'max_page_count = 1',
        'writable_schema = on',
        'temp_store_directory',
        'hard_heap_limit',
        'cache_size',
        'database_list',
        'function_list',
        'pragma_list',
        'module_list',
        'compile_options',
        'mmap_size',
        'wal_checkpoint',
        'integrity_check',
        'trusted_schema = on',
      ].map((name) => said(DB, `PRAGMA ${name}`)),
    ),
  'rules: the size of a page': ({ DB }) => all(DB, 'PRAGMA page_size'),
  'rules: DELETE and UPDATE with LIMIT': async ({ DB }) => {
    await table(DB, 'limited');
    await DB.exec('INSERT INTO limited VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6)');
    return [
      await all(DB, 'DELETE FROM limited WHERE v > ? RETURNING id LIMIT ?', 1, 1),
      (await sql(DB, 'DELETE FROM limited AS l WHERE l.v IN (SELECT v FROM limited LIMIT 4) ORDER BY id DESC LIMIT 1 OFFSET 1; SELECT 1').run()).results,
      (await sql(DB, 'UPDATE OR IGNORE limited SET v = v || ? ORDER BY id DESC LIMIT 2;', 'x').run()).meta.changes,
      await all(DB, 'SELECT * FROM limited'),
      await said(DB, 'DELETE FROM limited WHERE missing LIMIT 1'),
      await said(DB, 'DELETE FROM nowhere LIMIT 1'),
    ];
  },
  'rules: pragmas that are': async ({ DB }) => {
    await table(DB, 'pragmas', 'id INTEGER PRIMARY KEY, a UNIQUE REFERENCES pragmas (id)');
    const names = [
      'foreign_keys',
      'foreign_key_list(pragmas)',
      'foreign_key_check',
      'foreign_key_check(pragmas)',
      'index_list(pragmas)',
      'index_info(sqlite_autoindex_pragmas_1)',
      'index_xinfo(sqlite_autoindex_pragmas_1)',
      'table_info(pragmas)',
      'table_xinfo(pragmas)',
      'case_sensitive_like = on',
      'case_sensitive_like = off',
      'legacy_alter_table',
      'recursive_triggers',
      'reverse_unordered_selects',
      'ignore_check_constraints',
      'quick_check',
      'optimize',
      'defer_foreign_keys',
    ];
    return Promise.all(names.map((name) => said(DB, `PRAGMA ${name}`)));
  },
  'rules: foreign keys cannot be turned off': async ({ DB }) => {
    await all(DB, 'PRAGMA foreign_keys = off');
    return all(DB, 'PRAGMA foreign_keys');
  },
  'rules: pragmas as functions': async ({ DB }) =>
    Promise.all(["pragma_table_info('x')", 'pragma_page_count', 'pragma_database_list'].map((name) => said(DB, `SELECT * FROM ${name}`))),
  'rules: functions that are not': async ({ DB }) =>
    Promise.all(
      [
        'sqlite_version()',
        'sqlite_source_id()',
        'sqlite_compileoption_get(1)',
        "load_extension('x')",
        "readfile('/etc/passwd')",
        "writefile('x', 'y')",
        "edit('x')",
      ].map((call) => said(DB, `SELECT ${call}`)),
    ),
  'rules: functions that are': ({ DB }) =>
    all(
      DB,
      `SELECT abs(-1) a, coalesce(NULL, 2) b, hex('x') c, instr('abc', 'b') d, iif(1, 2, 3) e, lower('X') f, nullif(1, 1) g, printf('%d', 5) h, quote('x') i,
       replace('abc', 'b', 'x') j, round(1.5) k, substr('abc', 2) l, trim(' x ') m, typeof(1) n, unicode('a') o, upper('x') p, date(0, 'unixepoch') q,
       strftime('%Y', 0, 'unixepoch') r, json_extract('{"a":[1]}', '$.a[0]') s, '{"a":1}' ->> 'a' t, json_object('a', 1) u, sqrt(4) v, pow(2, 3) w, max(1, 2) x, concat('a', 'b') y, unixepoch(0, 'unixepoch') z`,
    ),
  'rules: windows and common table expressions': ({ DB }) =>
    all(
      DB,
      'WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 4) SELECT n, row_number() OVER (ORDER BY n DESC) AS r, sum(n) OVER () AS s FROM c',
    ),
  'rules: json_each': ({ DB }) => all(DB, 'SELECT key, value FROM json_each(\'[1,"b"]\')'),
  'rules: temporary tables': async ({ DB }) =>
    Promise.all(['CREATE TEMP TABLE t1 (a)', 'CREATE TEMPORARY VIEW v1 AS SELECT 1', 'CREATE TEMP TABLE t2 AS SELECT 1'].map((text) => said(DB, text))),
  'rules: names of the platform': async ({ DB }) =>
    Promise.all(['CREATE TABLE _cf_x (a)', 'CREATE TABLE _CF_X (a)', 'CREATE VIEW _cf_v AS SELECT 1'].map((text) => said(DB, text))),
  'rules: virtual tables that are not': async ({ DB }) =>
    Promise.all(
      ['CREATE VIRTUAL TABLE d USING dbstat', "CREATE VIRTUAL TABLE d USING csv(filename = '/etc/passwd')", 'CREATE VIRTUAL TABLE d USING fts3(a)'].map(
        (text) => failure(async () => (await DB.prepare(text).run()).success).then(({ value }) => value ?? 'refused'),
      ),
    ),
  'rules: full-text search': async ({ DB }) => {
    await DB.exec('CREATE VIRTUAL TABLE docs USING fts5(title, body)');
    await DB.batch([sql(DB, 'INSERT INTO docs VALUES (?, ?)', 'one', 'the quick fox'), sql(DB, 'INSERT INTO docs VALUES (?, ?)', 'two', 'a lazy dog')]);
    return all(
      DB,
      "SELECT title, highlight(docs, 1, '<', '>') AS h, snippet(docs, 1, '[', ']', '…', 2) AS s FROM docs WHERE docs MATCH 'quick' ORDER BY bm25(docs)",
    );
  },
  'rules: sqlite_schema cannot be written': ({ DB }) => said(DB, "UPDATE sqlite_schema SET sql = 'x'"),
  'rules: double quotes may be strings': ({ DB }) => all(DB, 'SELECT "hello" AS a'),
  'rules: EXPLAIN': async ({ DB }) => (await all(DB, 'EXPLAIN QUERY PLAN SELECT 1')).length,
  'rules: ANALYZE and REINDEX': async ({ DB }) => [(await DB.prepare('ANALYZE').run()).success, (await DB.prepare('REINDEX').run()).success],

  // Limits
  'limits: statement of 100 KB': ({ DB }) => failure(async () => (await DB.prepare(`SELECT length('${'x'.repeat(99_000)}') AS n`).first()).n),
  'limits: longer statement': ({ DB }) => said(DB, `SELECT '${'x'.repeat(100_001)}'`),
  'limits: a value of 2 MB': async ({ DB }) => (await DB.prepare('SELECT length(?) AS n').bind('x'.repeat(2_000_000)).first()).n,
  'limits: a larger value': ({ DB }) => said(DB, 'SELECT length(?) AS n', 'x'.repeat(2_300_000)),
  'limits: a larger value that is made': ({ DB }) => said(DB, 'SELECT length(hex(zeroblob(2000000))) AS n'),
  'limits: columns of a table': async ({ DB }) => {
    const columns = (count) => Array.from({ length: count }, (_, at) => `c${at}`).join();
    return [await failure(async () => (await table(DB, 'wide1', columns(100))).count), await said(DB, `CREATE TABLE wide2 (${columns(101)})`)];
  },
  'limits: columns of a result': ({ DB }) => said(DB, `SELECT ${Array(101).fill(1).join()}`),
  'limits: LIKE': async ({ DB }) => [
    await said(DB, `SELECT 'a' LIKE '${'a'.repeat(50)}' AS a`),
    await said(DB, `SELECT 'a' LIKE '${'a'.repeat(51)}' AS a`),
    await said(DB, `SELECT 'a' GLOB '${'a'.repeat(51)}' AS a`),
  ],
  'limits: compound SELECT': async ({ DB }) => [
    (await all(DB, Array(5).fill('SELECT 1').join(' UNION ALL '))).length,
    await said(DB, Array(6).fill('SELECT 1').join(' UNION ')),
  ],
  'limits: depth of expressions': async ({ DB }) => said(DB, `SELECT ${'('.repeat(101)}1${')'.repeat(101)}`),
  'limits: arguments of a function': ({ DB }) => said(DB, `SELECT max(${Array(128).fill(1).join()})`),
  'limits: depth of triggers': async ({ DB }) => {
    await table(DB, 'deep');
    await DB.exec('CREATE TRIGGER deep_t AFTER INSERT ON deep WHEN new.id < 50 BEGIN INSERT INTO deep VALUES (new.id + 1, 1); END');
    await all(DB, 'PRAGMA recursive_triggers = on');
    return said(DB, 'INSERT INTO deep VALUES (1, 1)');
  },
  'limits: many rows': async ({ DB }) => {
    const { results } = await DB.prepare('WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 5000) SELECT n FROM c').all();
    return [results.length, results.at(-1)];
  },

  // Several at once
  'at once: every insert counts': async ({ DB }) => {
    await table(DB, 'atonce');
    const ids = await Promise.all(Array.from({ length: 50 }, (_, at) => sql(DB, 'INSERT INTO atonce (v) VALUES (?) RETURNING id', at).first('id')));
    return [new Set(ids).size, await all(DB, 'SELECT count(*) AS n, sum(v) AS s FROM atonce')];
  },
  'at once: one that fails takes no other with it': async ({ DB }) => {
    await table(DB, 'atonce2');
    const results = await Promise.allSettled([1, 1, 2, 'x', 3].map((id) => sql(DB, 'INSERT INTO atonce2 VALUES (?, 1)', id).run()));
    return [results.map(({ status }) => status), await all(DB, 'SELECT id FROM atonce2')];
  },
  'at once: batches do not mix': async ({ DB }) => {
    await table(DB, 'atonce3');
    const add = sql(DB, 'INSERT INTO atonce3 (v) SELECT count(*) FROM atonce3');
    await Promise.all(Array.from({ length: 10 }, () => DB.batch([add, add, add])));
    return all(DB, 'SELECT count(*) AS n, sum(v) AS s FROM atonce3');
  },
};
