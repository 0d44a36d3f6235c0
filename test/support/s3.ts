/** What clients of the S3 endpoint need beside a library: keys, and a way of sending that no library does everywhere. */
import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { runNano } from './nano-process.ts';

export type S3Keys = { accessKeyId: string; secretAccessKey: string };

/** Keys to all buckets of the data folder `.nano` in a folder. */
export async function s3Keys(dir: string): Promise<S3Keys> {
  return JSON.parse((await runNano(['r2', 'token', 'create', '--json', '--data', '.nano'], { cwd: dir })).stdout) as S3Keys;
}

/** PUTs as clients do that stream: aws-chunked, each chunk with a signature that leads on from the one before. @returns the status */
export async function putChunks(
  { accessKeyId, secretAccessKey }: S3Keys,
  url: string,
  chunks: readonly Buffer[],
  tamper?: (body: Buffer) => void,
): Promise<number> {
  const { host, pathname } = new URL(url);
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
  const time = `${new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const scope = `${time.slice(0, 8)}/auto/s3/aws4_request`;
  const headers: Record<string, string> = {
    host,
    'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    'x-amz-date': time,
    'x-amz-decoded-content-length': String(chunks.reduce((sum, chunk) => sum + chunk.length, 0)),
  };
  const names = Object.keys(headers).sort();
  const canonical = ['PUT', pathname, '', ...names.map((name) => `${name}:${headers[name]}`), '', names.join(';'), headers['x-amz-content-sha256']].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, time.slice(0, 8)), 'auto'), 's3'), 'aws4_request');
  let signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  headers['authorization'] = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  const wire = [...chunks, Buffer.alloc(0)].map((chunk) => {
    signature = hmac(key, ['AWS4-HMAC-SHA256-PAYLOAD', time, scope, signature, sha256(''), sha256(chunk)].join('\n')).toString('hex');
    return Buffer.concat([Buffer.from(`${chunk.length.toString(16)};chunk-signature=${signature}\r\n`), chunk, Buffer.from('\r\n')]);
  });
  const body = Buffer.concat(wire);
  tamper?.(body);
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'PUT', headers: { ...headers, 'content-length': body.length } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
