/**
 * What SQL of a tenant may do: the rules of D1, as SQLite's authorizer asks for them while a statement is compiled.
 *
 * Contract: one database only, no files, no settings of the connection beyond a list, no transactions of its own,
 * nothing named _cf_… , and no function that tells of this machine.
 * @see https://developers.cloudflare.com/d1/sql-api/sql-statements/
 * @see https://www.sqlite.org/c3ref/set_authorizer.html
 */
import { constants } from 'node:sqlite';
import { D1Failure, TRANSACTION_TEXT } from './errors.ts';

const { SQLITE_OK: OK, SQLITE_DENY: DENY } = constants;

const FUNCTIONS = new Set(
  `abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like likelihood likely
  load_extension lower ltrim max_scalar min_scalar nullif octet_length printf quote random randomblob replace round rtrim sign soundex substr
  substring total_changes trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob
  date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp
  avg count group_concat max min string_agg sum total
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
  acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power radians sin
  sinh sqrt tan tanh trunc
  json json_array json_array_length json_extract -> ->> json_insert json_object json_patch json_pretty json_remove json_replace
  json_set json_type json_valid json_error_position json_quote json_group_array json_group_object json_each json_tree
  jsonb jsonb_array jsonb_extract jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_group_array
  jsonb_group_object jsonb_each jsonb_tree
  match highlight bm25 snippet fts5 fts5_source_id rtreecheck rtreenode rtreedepth
  sqlite_rename_column sqlite_rename_table sqlite_rename_test sqlite_drop_column sqlite_rename_quotefix sqlite_fail
  sqlite_add_constraint sqlite_drop_constraint sqlite_find_constraint`.split(/\s+/),
);

/** Virtual tables that are there without being made. */
const INTERNALS = new Set(['dbstat', 'sqlite_dbpage', 'sqlite_stmt', 'bytecode', 'tables_used']);

const MODULES = new Set(['fts5', 'fts5vocab', 'rtree', 'rtree_i32']);

type Check = (argument: string | null) => boolean;
const isName = (name: string | null): boolean => name === null || !name.toLowerCase().startsWith('_cf_');
const isBoolean: Check = (argument) => argument === null || /^(['"]?)(?:true|false|yes|no|on|off|1|0)\1$/i.test(argument);
const isNumber: Check = (argument) => argument === null || /^[+-]?(?:\d{1,9}|0x[\da-f]{1,7})$/i.test(argument);

/** Pragma → which argument it may have. */
const PRAGMAS: Readonly<Record<string, Check>> = {
  data_version: (argument) => argument === null,
  case_sensitive_like: isBoolean,
  foreign_keys: isBoolean,
  defer_foreign_keys: isBoolean,
  ignore_check_constraints: isBoolean,
  legacy_alter_table: isBoolean,
  recursive_triggers: isBoolean,
  reverse_unordered_selects: isBoolean,
  foreign_key_check: isName,
  foreign_key_list: (argument) => argument !== null && isName(argument),
  index_info: (argument) => argument !== null && isName(argument),
  index_list: (argument) => argument !== null && isName(argument),
  index_xinfo: (argument) => argument !== null && isName(argument),
  table_info: (argument) => argument !== null && isName(argument),
  table_xinfo: (argument) => argument !== null && isName(argument),
  table_list: () => true,
  quick_check: (argument) => isNumber(argument) || isName(argument),
  optimize: isNumber,
  page_size: (argument) => argument === null,
};

/** What a compiled statement does, gathered while its authorizer was asked. */
export type Effects = {
  selects: boolean;
  readsTables: boolean;
  writes: boolean;
  changesSchema: boolean;
  /** It has a PRAGMA with an argument. */
  makesSettings: boolean;
  /** Tables that rows are written to. */
  tables: Set<string>;
};

export function newEffects(): Effects {
  return { selects: false, readsTables: false, writes: false, changesSchema: false, makesSettings: false, tables: new Set() };
}

/** What SQLite asks nobody about (VACUUM, for one) is taken for writing. */
export function isReadOnly({ selects, writes }: Effects): boolean {
  return selects && !writes;
}

/** SQLite's question: may the statement do this? Notes in `effects` what it does. @throws D1Failure for a transaction */
export function authorize(effects: Effects, action: number, first: string | null, second: string | null, database: string | null, isInner: boolean): number {
  // For these two the name of the database is the first argument.
  if (action === constants.SQLITE_ALTER_TABLE) [first, second, database] = [second, null, first];
  if (database === 'temp') {
    return (action === constants.SQLITE_READ || action === constants.SQLITE_UPDATE) && isName(first) ? OK : DENY;
  }
  if (database !== null && database !== 'main') return DENY;
  switch (action) {
    case constants.SQLITE_SELECT:
      effects.selects = true;
      return OK;
    case constants.SQLITE_RECURSIVE:
      return OK;
    case constants.SQLITE_READ:
      effects.readsTables = true;
      return allowed(isName(first) && !INTERNALS.has((first ?? '').toLowerCase()));
    case constants.SQLITE_INSERT:
    case constants.SQLITE_UPDATE:
    case constants.SQLITE_DELETE:
      effects.writes = true;
      if (first !== null) effects.tables.add(first);
      return allowed(isName(first));
    case constants.SQLITE_CREATE_TABLE:
    case constants.SQLITE_DROP_TABLE:
    case constants.SQLITE_CREATE_VIEW:
    case constants.SQLITE_DROP_VIEW:
    case constants.SQLITE_ALTER_TABLE:
    case constants.SQLITE_CREATE_INDEX:
    case constants.SQLITE_DROP_INDEX:
    case constants.SQLITE_CREATE_TRIGGER:
    case constants.SQLITE_DROP_TRIGGER:
      effects.writes = true;
      effects.changesSchema = true;
      return allowed(isName(first) && isName(second));
    case constants.SQLITE_REINDEX:
    case constants.SQLITE_ANALYZE:
      effects.writes = true;
      return allowed(action === constants.SQLITE_ANALYZE || isName(first));
    case constants.SQLITE_CREATE_VTABLE:
    case constants.SQLITE_DROP_VTABLE:
      effects.writes = true;
      effects.changesSchema = true;
      return allowed(isName(first) && second !== null && MODULES.has(second.toLowerCase()));
    case constants.SQLITE_FUNCTION:
      return allowed(second !== null && FUNCTIONS.has(second.toLowerCase()));
    case constants.SQLITE_PRAGMA: {
      // Its effect may last: it counts as a write.
      effects.writes = true;
      if (second !== null) effects.makesSettings = true;
      const pragma = (first ?? '').toLowerCase();
      if (isInner && (pragma === 'page_size' || pragma === 'data_version')) return OK;
      return allowed(Object.hasOwn(PRAGMAS, pragma) && PRAGMAS[pragma]?.(second) === true);
    }
    case constants.SQLITE_TRANSACTION:
    case constants.SQLITE_SAVEPOINT:
      throw new D1Failure(TRANSACTION_TEXT);
    default:
      return DENY;
  }
}

function allowed(yes: boolean): number {
  return yes ? OK : DENY;
}
