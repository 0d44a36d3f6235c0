export const cases = {
  'keys and their types': ({ VERSION }) => Object.entries(VERSION).map(([key, value]) => [key, typeof value]),
  'id: a UUID': ({ VERSION }) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(VERSION.id),
  'tag: empty where none was given': ({ VERSION }) => VERSION.tag,
  'timestamp: ISO 8601': ({ VERSION }) => new Date(VERSION.timestamp).toISOString() === VERSION.timestamp,
  'the object is a plain one': ({ VERSION }) => Object.getPrototypeOf(VERSION) === Object.prototype,
};
