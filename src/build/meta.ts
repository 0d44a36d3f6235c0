/**
 * Takes `import()` and `import.meta` out of a module: each becomes an identifier of the same width, and one
 * import of "nano:meta" at the end brings the identifiers in. See protocol/bundle.ts for why.
 *
 * Contract: line and column of everything stay as they were; the identifiers occur nowhere else in the source.
 */
import { init, parse } from 'es-module-lexer';
import { META_DYNAMIC_IMPORT, META_IMPORT_META, META_MODULE } from '../protocol/bundle.ts';

export interface Rewritten {
  readonly code: string;
  readonly usesMeta: boolean;
  /** What the module imports statically, with the offset of each. */
  readonly imports: readonly { readonly specifier: string; readonly offset: number }[];
  /** String literals in import(), likewise. */
  readonly dynamicImports: readonly { readonly specifier: string; readonly offset: number }[];
  readonly hasExports: boolean;
}

/** A module that cannot be rewritten; `offset` is where. */
export class MetaError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

const IMPORT_WIDTH = 'import'.length;
/** A source that has them all takes long to search, and is nobody's but an enemy's. */
const MOST_NAMES_TRIED = 100;
const META_WIDTH = 'import.meta'.length;

/** @throws MetaError */
export async function rewriteMeta(source: string): Promise<Rewritten> {
  await init();
  const [imports, exports] = lex(source);
  const statics: { specifier: string; offset: number }[] = [];
  const dynamics: { specifier: string; offset: number }[] = [];
  const parts: string[] = [];
  let importName: string | undefined;
  let metaName: string | undefined;
  let done = 0;
  const found = [...imports].sort((a, b) => a.importStart - b.importStart);
  for (const one of found) {
    if (one.type === 'import-meta') {
      metaName ??= unusedName(source, '__meta', META_WIDTH);
      const end = one.end;
      // White space inside `import . meta` stays behind the name, so that lines and columns hold.
      const inner = source.slice(one.start, end).replace(/import|\.|meta/g, '');
      parts.push(source.slice(done, one.start), metaName, inner);
      done = end;
    } else if (one.phase !== null) {
      throw new MetaError(`"import ${one.phase}" is not supported.`, one.importStart);
    } else if (one.type === 'dynamic') {
      importName ??= unusedName(source, '__', IMPORT_WIDTH);
      parts.push(source.slice(done, one.importStart), importName);
      done = one.importStart + IMPORT_WIDTH;
      if (one.specifier !== undefined && !one.glob) dynamics.push({ specifier: one.specifier, offset: one.importStart });
    } else {
      statics.push({ specifier: one.specifier, offset: one.importStart });
    }
  }
  const usesMeta = importName !== undefined || metaName !== undefined;
  const bindings = [importName && `${META_DYNAMIC_IMPORT} as ${importName}`, metaName && `${META_IMPORT_META} as ${metaName}`].filter(Boolean);
  const tail = usesMeta ? `\nimport{${bindings.join(',')}}from"${META_MODULE}";\n` : '';
  const hasExports = exports.length > 0 || imports.some((one) => one.type === 'reexport-star');
  return { code: usesMeta ? parts.join('') + source.slice(done) + tail : source, usesMeta, imports: statics, dynamicImports: dynamics, hasExports };
}

function lex(source: string): ReturnType<typeof parse> {
  try {
    return parse(source);
  } catch (error) {
    throw new MetaError(
      'The module cannot be read: it is not valid JavaScript.',
      error instanceof Error && 'idx' in error && typeof error.idx === 'number' ? error.idx : 0,
    );
  }
}

/** A name of this width that does not occur in the source. */
function unusedName(source: string, prefix: string, width: number): string {
  for (let n = 0; n < MOST_NAMES_TRIED; n++) {
    const name = prefix + n.toString(36).padStart(width - prefix.length, '0');
    if (!source.includes(name)) return name;
  }
  throw new MetaError('No unused name is left in the module.', 0);
}
