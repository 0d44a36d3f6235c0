import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LegacyDecoder, isLegacy } from './legacy-decoder.ts';

const decode = (encoding: string, ...bytes: number[]): string | null => new LegacyDecoder(encoding, false).decode(Uint8Array.from(bytes), false);

/** Decodes byte by byte, as a stream in the smallest chunks. */
function decodeSlowly(encoding: string, bytes: readonly number[]): string {
  const decoder = new LegacyDecoder(encoding, false);
  let out = '';
  for (const byte of bytes) out += decoder.decode(Uint8Array.of(byte), true);
  return out + decoder.decode(new Uint8Array(), false);
}

const samples: [encoding: string, bytes: number[], text: string][] = [
  ['shift_jis', [0x41, 0x5c, 0x7e, 0x80, 0xb1, 0x82, 0xa0, 0xfa, 0x40, 0xf0, 0x40], 'A\\~\x80ｱあⅰ\ue000'],
  ['shift_jis', [0x82, 0x41, 0x81, 0x20, 0xa0, 0xfd, 0x81, 0x7f], '\ufffdA\ufffd \ufffd\ufffd\ufffd\x7f'],
  ['shift_jis', [0x82], '\ufffd'],
  ['euc-jp', [0xa4, 0xa2, 0x8e, 0xb1, 0x8f, 0xb0, 0xa1], 'あｱ丂'],
  ['euc-jp', [0x8f, 0xa1, 0x41, 0x8e, 0x41, 0xa4, 0x80, 0x8f], '\ufffdA\ufffdA\ufffd\ufffd'],
  ['euc-kr', [0xb0, 0xa1, 0x81, 0x41, 0xc6, 0x52, 0xa2, 0xe6, 0xa2, 0xe7], '가갂힣€®'],
  ['euc-kr', [0xc9, 0xa1, 0xb0, 0x20, 0x80, 0xff, 0x81], '\ufffd\ufffd \ufffd\ufffd\ufffd'],
  ['big5', [0xa4, 0xa4, 0xa4, 0xe5, 0x88, 0x62, 0x88, 0xa5], '中文\xca\u0304\xea\u030c'],
  ['big5', [0xa4, 0x20, 0xa4, 0x7f, 0x80, 0xa4], '\ufffd \ufffd\x7f\ufffd\ufffd'],
  ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x24, 0x22, 0x1b, 0x28, 0x4a, 0x5c, 0x7e, 0x1b, 0x28, 0x49, 0x31, 0x1b, 0x28, 0x42, 0x5c], 'あ¥‾ｱ\\'],
  ['iso-2022-jp', [0x1b, 0x24], '\ufffd$'],
  ['iso-2022-jp', [0x1b, 0x28, 0x42, 0x1b, 0x28, 0x42, 0x0e, 0x80], '\ufffd\ufffd\ufffd'],
  ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x24, 0x1b, 0x28, 0x42, 0x41], '\ufffdA'],
  ['iso-2022-jp', [0x1b, 0x24, 0x42, 0x24], '\ufffd'],
  ['iso-2022-jp', [0x1b], '\ufffd'],
];

test('decode: follows the standard, in one piece and byte by byte', () => {
  for (const [encoding, bytes, text] of samples) {
    const name = `${encoding} ${bytes.map((byte) => byte.toString(16)).join(' ')}`;
    assert.equal(decode(encoding, ...bytes), text, name);
    assert.equal(decodeSlowly(encoding, bytes), text, name);
  }
});

test('decode: gives null for malformed input when fatal', () => {
  for (const [encoding, bytes, text] of samples) {
    assert.equal(new LegacyDecoder(encoding, true).decode(Uint8Array.from(bytes), false), text.includes('\ufffd') ? null : text);
  }
});

test('isLegacy: leaves the encodings that Node decodes by the standard to it', () => {
  assert.equal(isLegacy('big5'), true);
  for (const encoding of ['utf-8', 'gbk', 'gb18030', 'windows-1252', 'toString']) assert.equal(isLegacy(encoding), false);
});
