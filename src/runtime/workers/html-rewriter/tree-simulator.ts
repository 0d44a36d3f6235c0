/**
 * As much of tree construction as tokenizing needs: the namespace, and what text a start tag switches to.
 *
 * Contract: markup where only a real tree would tell whether what follows is text or tags is refused, as
 * Cloudflare does, because a wrong guess there is a hole in whatever filter is built on the rewriter.
 * Departure from Cloudflare: `<svg/>` and `<math/>` enter nothing, as in the standard.
 *
 * @see https://html.spec.whatwg.org/multipage/parsing.html#tree-construction-dispatcher
 */
import { ArrayPrototypePop, ArrayPrototypePush } from '../../primordials.ts';
import { encodeUtf8 } from '../../web/encoding/utf8.ts';
import { parserError } from './parser-error.ts';
import {
  ANNOTATION_XML,
  BR,
  BREAKOUT,
  FONT,
  FRAMESET,
  INPUT,
  KEYGEN,
  MATH,
  MATHML_POINT,
  NOFRAMES,
  P,
  PLAINTEXT,
  RAW,
  SCRIPT,
  SELECT,
  SVG,
  SVG_POINT,
  TEMPLATE,
  TEXTAREA,
  flagsOf,
} from './tag-names.ts';

export const HTML_NS = 0;
export const SVG_NS = 1;
export const MATHML_NS = 2;
export const NAMESPACES: readonly string[] = ['http://www.w3.org/1999/xhtml', 'http://www.w3.org/2000/svg', 'http://www.w3.org/1998/Math/MathML'];

const IN_SELECT = 1;
const IN_TEMPLATE_IN_SELECT = 2;
const IN_FRAMESET = 3;

/** What the simulator asks of a tag it cannot judge by its number. */
export type TagQuestions = {
  /** Its name. */
  name(): string;
  /** The value, in lower case, of the attribute whose name has these bytes; null for none. */
  attribute(name: Uint8Array): string | null;
};

const COLOR = encodeUtf8('color');
const SIZE = encodeUtf8('size');
const FACE = encodeUtf8('face');
const ENCODING = encodeUtf8('encoding');

function isHtmlEncoding(value: string | null): boolean {
  return value === 'text/html' || value === 'application/xhtml+xml';
}

const isStyledFont = (tag: TagQuestions): boolean => tag.attribute(COLOR) !== null || tag.attribute(SIZE) !== null || tag.attribute(FACE) !== null;

function isText(id: number): boolean {
  return id === SCRIPT || id === PLAINTEXT || (flagsOf(id) & RAW) !== 0;
}

export class TreeSimulator {
  /** Where the parser is, after the last tag. */
  namespace = HTML_NS;
  /** What is around it; the document itself is not in it. */
  #outer: number[] = [];
  /** The names of the elements that led from each to the next. */
  #points: number[] = [];
  #context = 0;
  #templates = 0;

  /** Does this tag, in this place, need its attributes to be judged? */
  asksAttributes(id: number): boolean {
    return this.namespace !== HTML_NS && (id === FONT || (id === ANNOTATION_XML && this.namespace === MATHML_NS));
  }

  /** Takes a start tag. @returns the namespace of its element */
  startTag(id: number, selfClosing: boolean, tag: TagQuestions): number {
    if (this.#context === 0 ? id === SELECT || id === FRAMESET : id !== 0) this.#guardStart(id, tag);
    if (id === SVG || id === MATH) {
      const namespace = id === SVG ? SVG_NS : MATHML_NS;
      if (!selfClosing) this.#enter(namespace, id);
      return namespace;
    }
    const { namespace } = this;
    if (namespace === HTML_NS) return HTML_NS;
    const flags = flagsOf(id);
    if ((flags & BREAKOUT) !== 0 || (id === FONT && isStyledFont(tag))) return this.#leaveForeign();
    const isPoint =
      (flags & (namespace === SVG_NS ? SVG_POINT : MATHML_POINT)) !== 0 ||
      (id === ANNOTATION_XML && namespace === MATHML_NS && isHtmlEncoding(tag.attribute(ENCODING)));
    if (isPoint && !selfClosing) this.#enter(HTML_NS, id);
    return namespace;
  }

  endTag(id: number): void {
    if (this.#context !== 0) this.#guardEnd(id);
    const { namespace } = this;
    if (namespace !== HTML_NS) {
      if (id === P || id === BR) this.#leaveForeign();
      else if (id === (namespace === SVG_NS ? SVG : MATH)) this.#leave();
      return;
    }
    if (id !== 0 && id === this.#points[this.#points.length - 1]) this.#leave();
  }

  #enter(namespace: number, id: number): void {
    ArrayPrototypePush(this.#outer, this.namespace);
    ArrayPrototypePush(this.#points, id);
    this.namespace = namespace;
  }

  #leave(): number {
    ArrayPrototypePop(this.#points);
    return (this.namespace = ArrayPrototypePop(this.#outer) ?? HTML_NS);
  }

  /** Back to the integration point around, or to the document. */
  #leaveForeign(): number {
    while (this.namespace !== HTML_NS) this.#leave();
    return HTML_NS;
  }

  #guardStart(id: number, tag: TagQuestions): void {
    let isAmbiguous = false;
    if (this.#context === 0) this.#context = id === SELECT ? IN_SELECT : IN_FRAMESET;
    else if (this.#context === IN_FRAMESET) isAmbiguous = id !== NOFRAMES && isText(id);
    else if (this.#context === IN_TEMPLATE_IN_SELECT) {
      if (id === TEMPLATE) this.#templates++;
      else isAmbiguous = isText(id);
    } else if (id === SELECT || id === TEXTAREA || id === INPUT || id === KEYGEN) this.#context = 0;
    else if (id === TEMPLATE) {
      this.#context = IN_TEMPLATE_IN_SELECT;
      this.#templates = 1;
    } else isAmbiguous = id !== SCRIPT && isText(id);
    if (isAmbiguous) {
      throw parserError(
        `The parser has encountered a text content tag (\`<${tag.name()}>\`) in the context where it is ambiguous whether this tag should be ignored or not. ` +
          'And, thus, it is unclear whether consequent content should be parsed as raw text or HTML markup.\n\n' +
          'This error occurs due to the limited capabilities of the streaming parsing. However, almost all of the cases of this error are caused by ' +
          'a non-conforming markup (e.g. a `<script>` element in `<select>` element).',
      );
    }
  }

  #guardEnd(id: number): void {
    if (this.#context === IN_SELECT && id === SELECT) this.#context = 0;
    else if (this.#context === IN_TEMPLATE_IN_SELECT && id === TEMPLATE && --this.#templates === 0) this.#context = IN_SELECT;
  }
}
