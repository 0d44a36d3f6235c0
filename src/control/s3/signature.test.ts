import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chunkSignature, type Signed, verify } from './signature.ts';

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and its neighbours.
const KEY = 'AKIAIOSFODNN7EXAMPLE';
const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
const NOW = Date.parse('2013-05-24T00:00:00Z');
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const secretOf = (id: string): string | undefined => (id === KEY ? SECRET : undefined);

function signed(method: string, path: string, query: Signed['query'], headers: Record<string, string>, names: string, signature: string): Signed {
  return {
    method,
    path,
    query,
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-date': '20130524T000000Z',
      ...headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${KEY}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${names},Signature=${signature}`,
    },
  };
}

const GET = signed(
  'GET',
  '/test.txt',
  [],
  { range: 'bytes=0-9', 'x-amz-content-sha256': EMPTY },
  'host;range;x-amz-content-sha256;x-amz-date',
  'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
);
const refusal = (request: Signed, code: string, now = NOW): void => assert.throws(() => verify(request, secretOf, now), { code });

test('verify: a GET as in the documentation', () => {
  assert.equal(verify(GET, secretOf, NOW).payload, EMPTY);
});

test('verify: a PUT, whose key is encoded', () => {
  const hash = '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072';
  const request = signed(
    'PUT',
    '/test%24file.text',
    [],
    { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-content-sha256': hash, 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    'date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class',
    '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  );
  assert.equal(verify(request, secretOf, NOW).payload, hash);
  // The same, not encoded by the client.
  assert.equal(verify({ ...request, path: '/test$file.text' }, secretOf, NOW).payload, hash);
});

test('verify: names in the query without and with values', () => {
  const names = 'host;x-amz-content-sha256;x-amz-date';
  const headers = { 'x-amz-content-sha256': EMPTY };
  const lifecycle = signed('GET', '/', [['lifecycle', '']], headers, names, 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543');
  assert.equal(verify(lifecycle, secretOf, NOW).keyId, KEY);
  const query: Signed['query'] = [
    ['prefix', 'J'],
    ['max-keys', '2'],
  ];
  const list = signed('GET', '/', query, headers, names, '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7');
  assert.equal(verify(list, secretOf, NOW).keyId, KEY);
});

const PRESIGNED: Signed = {
  method: 'GET',
  path: '/test.txt',
  query: [
    ['X-Amz-Algorithm', 'AWS4-HMAC-SHA256'],
    ['X-Amz-Credential', `${KEY}/20130524/us-east-1/s3/aws4_request`],
    ['X-Amz-Date', '20130524T000000Z'],
    ['X-Amz-Expires', '86400'],
    ['X-Amz-SignedHeaders', 'host'],
    ['X-Amz-Signature', 'aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404'],
  ],
  headers: { host: 'examplebucket.s3.amazonaws.com' },
};

test('verify: a presigned address, until it expires', () => {
  assert.equal(verify(PRESIGNED, secretOf, NOW).payload, 'UNSIGNED-PAYLOAD');
  assert.equal(verify(PRESIGNED, secretOf, NOW + 86_400_000).keyId, KEY);
  refusal(PRESIGNED, 'AccessDenied', NOW + 86_401_000);
  refusal(PRESIGNED, 'RequestTimeTooSkewed', NOW - 16 * 60_000);
});

test('verify: a changed address, header, method or secret does not fit', () => {
  refusal({ ...GET, path: '/other.txt' }, 'SignatureDoesNotMatch');
  refusal({ ...GET, method: 'DELETE' }, 'SignatureDoesNotMatch');
  refusal({ ...GET, query: [['acl', '']] }, 'SignatureDoesNotMatch');
  refusal({ ...GET, headers: { ...GET.headers, range: 'bytes=0-10' } }, 'SignatureDoesNotMatch');
  refusal({ ...GET, headers: { ...GET.headers, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } }, 'SignatureDoesNotMatch');
  assert.throws(() => verify(GET, () => 'other', NOW), { code: 'SignatureDoesNotMatch' });
  assert.throws(() => verify(GET, () => undefined, NOW), { code: 'InvalidAccessKeyId' });
});

test('verify: old requests, unsigned headers and no signature are refused', () => {
  refusal(GET, 'RequestTimeTooSkewed', NOW + 16 * 60_000);
  refusal({ ...GET, headers: { ...GET.headers, 'x-amz-copy-source': '/a/b' } }, 'AccessDenied');
  refusal({ ...GET, headers: { host: 'x' } }, 'AccessDenied');
  refusal({ ...GET, headers: { ...GET.headers, authorization: 'Basic abc' } }, 'AuthorizationHeaderMalformed');
  refusal({ ...GET, path: '/%zz' }, 'InvalidRequest');
  // Seconds of work, were it done.
  const names = `host;range;x-amz-content-sha256;x-amz-date${';x'.repeat(3000)}`;
  const long = signed('GET', '/test.txt', [], { 'x-amz-content-sha256': EMPTY, x: 'a '.repeat(4000) }, names, '0'.repeat(64));
  refusal(long, 'AuthorizationHeaderMalformed');
});

test('chunkSignature: the chunks of the documentation', () => {
  const request = signed(
    'PUT',
    '/examplebucket/chunkObject.txt',
    [],
    {
      host: 's3.amazonaws.com',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
      'content-encoding': 'aws-chunked',
      'x-amz-decoded-content-length': '66560',
      'content-length': '66824',
    },
    'content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class',
    '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
  );
  const signature = verify(request, secretOf, NOW);
  const first = chunkSignature(signature, 'PAYLOAD', signature.signature, 'bf718b6f653bebc184e1479f1935b8da974d701b893afcf49e701f3e2f9f9c5a');
  assert.equal(first, 'ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648');
  const second = chunkSignature(signature, 'PAYLOAD', first, '2edc986847e209b4016e141a6dc8716d3207350f416969382d431539bf292e4a');
  assert.equal(second, '0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497');
  assert.equal(chunkSignature(signature, 'PAYLOAD', second, EMPTY), 'b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9');
});
