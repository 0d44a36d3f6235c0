/** Headers in the form they travel in: `name\nvalue\nname\nvalue…`. No name or value has a line break. */

/** The value of a header, several joined; undefined where there is none. @param headers names in lower case */
export function flatHeader(headers: string, name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < headers.length; ) {
    const nameEnd = headers.indexOf('\n', at);
    if (nameEnd === -1) break;
    let valueEnd = headers.indexOf('\n', nameEnd + 1);
    if (valueEnd === -1) valueEnd = headers.length;
    if (nameEnd - at === name.length && headers.startsWith(name, at)) {
      const one = headers.slice(nameEnd + 1, valueEnd);
      value = value === undefined ? one : `${value}, ${one}`;
    }
    at = valueEnd + 1;
  }
  return value;
}

/** @param headers to which a header is added */
export function withFlatHeader(headers: string, name: string, value: string | number): string {
  return `${headers}${headers === '' ? '' : '\n'}${name}\n${value}`;
}
