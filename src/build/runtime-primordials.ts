/**
 * primordials.ts, prepared for the scripts: the core keeps what the core uses, and captures the rest for
 * the chunks as one list of plain values.
 *
 * A captured method is a bound function and a variable of the core, which every isolate pays for twice.
 * What only chunks use is therefore captured bare (`Array.prototype.sort`), and each chunk binds what it
 * imports. The capture still happens while the snapshot is made, before any tenant code.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'acorn';

export type Primordials = {
  /** Every definition on its own and free of side effects, so that those nobody imports are left out. */
  text: string;
  /** Names of the methods. Under `<name>__bare` the text has each as it is before it is bound. */
  methods: ReadonlySet<string>;
  /** Names of our own functions, which are no bare values: the core has them. */
  functions: ReadonlySet<string>;
};

/** What turns a method into a function of its receiver. */
export const BIND = 'uncurryThis';
export const BARE = '__bare';

/** Reads primordials.ts. */
export async function preparePrimordials(file: string): Promise<Primordials> {
  const { transform } = await import('esbuild');
  const { code } = await transform(readFileSync(file, 'utf8'), { loader: 'ts', target: 'esnext' });
  const lines: string[] = [];
  const methods = new Set<string>();
  const functions = new Set<string>();
  const exported: string[] = [];
  for (const statement of parse(code, { ecmaVersion: 'latest', sourceType: 'module' }).body) {
    if (statement.type === 'ExportNamedDeclaration' && statement.declaration == null) {
      lines.push(code.slice(statement.start, statement.end));
      continue;
    }
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration')
      throw new Error(`primordials.ts may hold constants only, and not: ${code.slice(statement.start, statement.end)}`);
    for (const { id, init } of declaration.declarations) {
      const value = code.slice(init?.start, init?.end);
      const define = (name: string, text: string): void => {
        lines.push(`const ${name} = /* @__PURE__ */ (() => ${text.startsWith('{') ? `(${text})` : text})();`);
        if (statement !== declaration) exported.push(name);
        if (!text.startsWith(`${BIND}(`)) return;
        methods.add(name);
        define(name + BARE, text.slice(BIND.length));
      };
      if (id.type === 'Identifier' && init?.type === 'ArrowFunctionExpression') functions.add(id.name);
      if (id.type === 'Identifier') define(id.name, value);
      else if (id.type === 'ObjectPattern') {
        for (const property of id.properties) {
          if (property.type !== 'Property') throw new Error('primordials.ts may take properties only.');
          define(code.slice(property.value.start, property.value.end), `${value}.${code.slice(property.key.start, property.key.end)}`);
        }
      }
    }
  }
  return { text: `${lines.join('\n')}\nexport { ${exported.join(', ')} };`, methods, functions };
}
