/** The little XML that S3 needs. */

/** An element's content: text, elements by name, or several elements of one name. Undefined is left out. */
export type Xml = string | number | boolean | undefined | readonly Xml[] | { readonly [name: string]: Xml };

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

const escapeText = (text: string): string =>
  // XML has no way to say most control characters; as references they are at least not lost on lenient readers.
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string).replaceAll(/\p{Cc}/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);

function element(name: string, value: Xml): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map((one: Xml) => element(name, one)).join('');
  const inner = typeof value === 'object' ? members(value as { readonly [name: string]: Xml }) : escapeText(String(value));
  return `<${name}>${inner}</${name}>`;
}

const members = (value: { readonly [name: string]: Xml }): string =>
  Object.entries(value)
    .map(([name, inner]) => element(name, inner))
    .join('');

/** A document. */
export function xml(root: string, value: { readonly [name: string]: Xml }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${members(value)}</${root}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const unescapeText = (text: string): string =>
  text.replaceAll(/&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi, (whole, hex: string | undefined, decimal: string | undefined, name: string) => {
    if (hex === undefined && decimal === undefined) return ENTITIES[name] ?? whole;
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });

/** The contents of all elements of a name, as they stand; elements of one name are never nested in S3's documents. */
export function elements(document: string, name: string): string[] {
  const found: string[] = [];
  // No attribute holds a "<": what is never closed is not read again from each of its beginnings.
  const open = new RegExp(`<(?:\\w+:)?${name}(?:\\s[^<>]*)?>`, 'g');
  for (let match = open.exec(document); match !== null; match = open.exec(document)) {
    const close = new RegExp(`</(?:\\w+:)?${name}\\s*>`, 'g');
    close.lastIndex = open.lastIndex;
    const end = close.exec(document);
    if (end === null) break;
    found.push(document.slice(open.lastIndex, end.index));
    open.lastIndex = close.lastIndex;
  }
  return found;
}

/** The text of the first element of a name. */
export function textOf(document: string, name: string): string | undefined {
  const [first] = elements(document, name);
  return first === undefined ? undefined : unescapeText(first);
}
