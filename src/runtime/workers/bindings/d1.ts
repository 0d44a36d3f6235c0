/**
 * D1Database and its statements. Requests and answers are JSON texts, which only the process that has the database
 * looks into; see bindings/d1/.
 * @see https://developers.cloudflare.com/d1/worker-api/
 */
import {
  ArrayBufferIsView,
  ArrayBufferPrototypeGetByteLength,
  ArrayFrom,
  ArrayIsArray,
  ArrayPrototypePush,
  ErrorCtor,
  JSONParse,
  JSONStringify,
  ObjectDefineProperty,
  StringPrototypeSplit,
  StringPrototypeTrim,
  SymbolToStringTag,
  Uint8ArrayCtor,
} from '../../primordials.ts';
import { callBinding } from './call.ts';

type Meta = Record<string, unknown>;
/** As bindings/d1/database.ts packs it. */
type Result = [
  duration: number,
  changes: number,
  lastRowId: number,
  isChanged: 0 | 1,
  size: number,
  rowsRead: number,
  rowsWritten: number,
  columns: string[],
  rows: unknown[][],
];
type Answer = { error: string } | { results: Result[]; bookmark: string };
type Row = Record<string, unknown>;
type Rows = { success: true; meta: Meta; results: Row[] };
type Request = [sql: unknown, params: unknown][];

const failure = (prefix: string, message: string): Error => new ErrorCtor(`${prefix}: ${message}`, { cause: new ErrorCtor(message) });

/** Where the statements of a database or session go, and the newest bookmark its answers brought. */
class Connection {
  readonly #index: number;
  /** Undefined where none is kept. */
  #bookmark: string | null | undefined;

  constructor(index: number, bookmark?: string | null) {
    this.#index = index;
    this.#bookmark = bookmark;
  }

  get bookmark(): string | null {
    return this.#bookmark ?? null;
  }

  async send(request: Request): Promise<Answer> {
    return JSONParse((await callBinding(this.#index, 'query', JSONStringify(request))) as string) as Answer;
  }

  async query(request: Request): Promise<Result[]> {
    const answer = await this.send(request);
    if ('error' in answer) throw failure('D1_ERROR', answer.error);
    // Bookmarks are made so that the later one is the greater text.
    if (this.#bookmark !== undefined && (this.#bookmark === null || this.#bookmark < answer.bookmark)) this.#bookmark = answer.bookmark;
    return answer.results;
  }

  async one(sql: unknown, params: unknown): Promise<Result> {
    return (await this.query([[sql, params]]))[0] as Result;
  }

  async batch(statements: readonly D1PreparedStatement[]): Promise<Rows[]> {
    const request: Request = [];
    for (let at = 0; at < statements.length; at++) {
      const { statement, params } = statements[at] as D1PreparedStatement;
      ArrayPrototypePush(request, [statement, params] as Request[number]);
    }
    const results = await this.query(request);
    const all: Rows[] = [];
    for (let at = 0; at < results.length; at++) ArrayPrototypePush(all, toObjects(results[at] as Result));
    return all;
  }
}

export class D1Database {
  readonly #index: number;
  readonly #connection: Connection;

  constructor(index: number) {
    this.#index = index;
    this.#connection = new Connection(index);
  }

  prepare(query: string): D1PreparedStatement {
    return new D1PreparedStatement(this.#connection, query);
  }

  async batch(statements: readonly D1PreparedStatement[]): Promise<Rows[]> {
    return await this.#connection.batch(statements);
  }

  async exec(query: string): Promise<{ count: number; duration: number }> {
    const lines = StringPrototypeSplit(StringPrototypeTrim(query), '\n') as string[];
    const request: Request = [];
    for (let at = 0; at < lines.length; at++) ArrayPrototypePush(request, [lines[at], []] as Request[number]);
    const answer = await this.#connection.send(request);
    if ('error' in answer) throw failure('D1_EXEC_ERROR', `Error in line 1: ${lines[0]}: ${answer.error}`);
    let duration = 0;
    for (let at = 0; at < answer.results.length; at++) duration += (answer.results[at] as Result)[0];
    return { count: answer.results.length, duration };
  }

  withSession(constraintOrBookmark?: string): D1DatabaseSession {
    // What is no string fails as it does there: for want of a method.
    const text = constraintOrBookmark == null ? '' : (constraintOrBookmark.trim as () => string).call(constraintOrBookmark);
    return new D1DatabaseSession(this.#index, text);
  }

  async query(): Promise<never> {
    throw new ErrorCtor('D1_ERROR: D1Database.query() requires the d1_binding_jsrpc compatibility flag. Enable d1_binding_jsrpc before calling query().');
  }

  /** Databases of the alpha had it; it is no more. */
  async dump(): Promise<never> {
    throw new ErrorCtor('D1_DUMP_ERROR: Status + 404', { cause: new ErrorCtor('Status 404') });
  }
}

export class D1DatabaseSession {
  readonly #connection: Connection;

  constructor(index: number, constraintOrBookmark: string) {
    // There is one copy of a database: every constraint is kept, every bookmark reached.
    const isConstraint = constraintOrBookmark === '' || constraintOrBookmark === 'first-primary' || constraintOrBookmark === 'first-unconstrained';
    this.#connection = new Connection(index, isConstraint ? null : constraintOrBookmark);
  }

  prepare(sql: string): D1PreparedStatement {
    return new D1PreparedStatement(this.#connection, sql);
  }

  async batch(statements: readonly D1PreparedStatement[]): Promise<Rows[]> {
    return await this.#connection.batch(statements);
  }

  getBookmark(): string | null {
    return this.#connection.bookmark;
  }
}

export class D1PreparedStatement {
  readonly #connection: Connection;
  statement: string;
  params: unknown[];

  constructor(connection: Connection, statement: string, values?: unknown[]) {
    this.#connection = connection;
    this.statement = statement;
    this.params = values ?? [];
  }

  bind(...values: unknown[]): D1PreparedStatement {
    const params: unknown[] = [];
    for (let at = 0; at < values.length; at++) ArrayPrototypePush(params, toParam(values[at]));
    return new D1PreparedStatement(this.#connection, this.statement, params);
  }

  async first(colName?: string): Promise<unknown> {
    const { 7: columns, 8: rows } = await this.#connection.one(this.statement, this.params);
    if (rows.length === 0) return null;
    const row = toObject(columns, rows[0] as unknown[]);
    if (colName === undefined) return row;
    if (row[colName] === undefined) throw new ErrorCtor(`D1_COLUMN_NOTFOUND: Column not found (${colName})`, { cause: new ErrorCtor('Column not found') });
    return row[colName];
  }

  async run(): Promise<Rows> {
    return toObjects(await this.#connection.one(this.statement, this.params));
  }

  async all(): Promise<Rows> {
    return toObjects(await this.#connection.one(this.statement, this.params));
  }

  async raw(options?: { columnNames?: boolean }): Promise<unknown[][]> {
    const { 7: columns, 8: rows } = await this.#connection.one(this.statement, this.params);
    if (!options?.columnNames) return rows;
    const all: unknown[][] = [columns];
    for (let at = 0; at < rows.length; at++) ArrayPrototypePush(all, rows[at] as unknown[]);
    return all;
  }
}

/** A value as JSON has it. @throws Error "D1_TYPE_ERROR: …" */
function toParam(value: unknown): unknown {
  const type = typeof value;
  if (type === 'number' || type === 'string' || value === null) return value;
  if (type === 'boolean') return value === true ? 1 : 0;
  if (type === 'object') {
    if (ArrayIsArray(value) && isBytes(value)) return value;
    if (ArrayBufferIsView(value)) return ArrayFrom(value as Uint8Array);
    if (isBuffer(value)) return ArrayFrom(new Uint8ArrayCtor(value));
  }
  throw failure('D1_TYPE_ERROR', `Type '${type}' not supported for value '${value}'`);
}

function isBytes(values: readonly unknown[]): boolean {
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value !== 'number' || !(value >= 0 && value < 256)) return false;
  }
  return true;
}

function isBuffer(value: unknown): value is ArrayBuffer {
  try {
    ArrayBufferPrototypeGetByteLength(value);
    return true;
  } catch {
    return false;
  }
}

function toObjects(result: Result): Rows {
  const { 7: columns, 8: rows } = result;
  const meta = {
    served_by: 'nano.db',
    duration: result[0],
    changes: result[1],
    last_row_id: result[2],
    changed_db: result[3] === 1,
    size_after: result[4],
    rows_read: result[5],
    rows_written: result[6],
  };
  const results: Row[] = [];
  for (let at = 0; at < rows.length; at++) ArrayPrototypePush(results, toObject(columns, rows[at] as unknown[]));
  return { success: true, meta, results };
}

function toObject(columns: readonly string[], row: readonly unknown[]): Row {
  const object: Row = {};
  for (let at = 0; at < row.length; at++) {
    const name = columns[at] as string;
    if (name === '__proto__') ObjectDefineProperty(object, name, { value: row[at], writable: true, enumerable: true, configurable: true });
    else object[name] = row[at];
  }
  return object;
}

// The build shortens names, and an object from env shows its class.
ObjectDefineProperty(D1Database, 'name', { value: 'D1Database' });
ObjectDefineProperty(D1DatabaseSession, 'name', { value: 'D1DatabaseSession' });
ObjectDefineProperty(D1PreparedStatement, 'name', { value: 'D1PreparedStatement' });
ObjectDefineProperty(D1Database.prototype, SymbolToStringTag, { value: 'WrappedBinding', configurable: true });

/** The object in env. */
export function bindD1(index: number): D1Database {
  return new D1Database(index);
}
