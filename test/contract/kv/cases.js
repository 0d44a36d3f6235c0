export const cases = {
  'get: what was put': async ({ KV }) => {
    await KV.put('put', 'value');
    return KV.get('put');
  },
  'get: null for a missing key': ({ KV }) => KV.get('missing'),
};
