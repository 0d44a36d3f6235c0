/** As much of node:buffer as the driver needs. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export class Buffer extends Uint8Array {
  static alloc(size) {
    return new Buffer(size);
  }
  static allocUnsafe(size) {
    return new Buffer(size);
  }
  static byteLength(value) {
    return typeof value === 'string' ? encoder.encode(value).length : value.byteLength;
  }
  static from(value, encoding) {
    if (encoding === 'base64') return Buffer.from(Uint8Array.from(atob(value), (unit) => unit.charCodeAt(0)));
    const bytes = typeof value === 'string' ? encoder.encode(value) : new Uint8Array(value);
    return Object.setPrototypeOf(bytes, Buffer.prototype);
  }
  static concat(list, length = list.reduce((sum, one) => sum + one.length, 0)) {
    const joined = new Buffer(length);
    let at = 0;
    for (const one of list) {
      joined.set(one.subarray(0, length - at), at);
      at += one.length;
    }
    return joined;
  }
  slice(start, end) {
    return this.subarray(start, end);
  }
  copy(target, at = 0, start = 0, end = this.length) {
    target.set(this.subarray(start, end), at);
  }
  write(text, at, length) {
    const bytes = encoder.encode(text);
    this.set(bytes.subarray(0, length), at);
    return bytes.length;
  }
  toString(encoding = 'utf8', start = 0, end = this.length) {
    const part = this.subarray(start, end);
    if (encoding === 'base64') return btoa(String.fromCharCode(...part));
    if (encoding === 'hex') return Array.from(part, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return decoder.decode(part);
  }
  readUInt16BE(at) {
    return viewOf(this).getUint16(at);
  }
  readUInt32BE(at) {
    return viewOf(this).getUint32(at);
  }
  readInt32BE(at) {
    return viewOf(this).getInt32(at);
  }
  writeUInt16BE(value, at) {
    viewOf(this).setUint16(at, value);
  }
  writeUInt32BE(value, at) {
    viewOf(this).setUint32(at, value);
  }
  writeInt32BE(value, at) {
    viewOf(this).setInt32(at, value);
  }
}
