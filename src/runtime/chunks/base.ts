/** What every other chunk builds on: the rare types of Web IDL, UTF-8, DOMException. */
// Here because more than one chunk builds on them.
import '../json-text.ts';
import '../web/builtin-kind.ts';
import '../web/clock.ts';
import '../web/concat-bytes.ts';
import '../web/describe.ts';
import '../web/native-stack.ts';
import { DOMException, errorNamed } from '../web/dom-exception.ts';
import { decodeUtf8, encodeUtf8 } from '../web/encoding/utf8.ts';
import { convertPairs } from '../web/header-pairs.ts';
import { ILLEGAL_INVOCATION, unsignedShort } from '../webidl-types.ts';
import { provide } from '../link.ts';

const offers = { ILLEGAL_INVOCATION, convertPairs, decodeUtf8, encodeUtf8, errorNamed, unsignedShort };

declare module '../link.ts' {
  interface Chunks {
    base: typeof offers;
  }
}

provide('base', offers, { DOMException });
