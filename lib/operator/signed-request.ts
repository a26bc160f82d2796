import { createHash, createHmac, type Hash, type Hmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentityProvider, Checksum, SourceData } from '@smithy/types';

/** SHA-256 by Node, in the shape that the signer wants. */
class Sha256 implements Checksum {
  readonly #hash: Hash | Hmac;

  constructor(secret?: SourceData) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    throw new Error('a digest is used once');
  }
}

const bytes = (data: SourceData): string | Uint8Array => {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
};

export interface Signer {
  readonly credentials: AwsCredentialIdentityProvider;
  readonly region: string;
  readonly userAgent: string;
}

/** Posts JSON to a function URL, signed as whoever runs the command: the function is told who that is. */
export async function postSigned(url: string, body: object, signer: Signer): Promise<Response> {
  const { credentials, region, userAgent } = signer;
  const { protocol, hostname, host, port, pathname } = new URL(url);
  const text = JSON.stringify(body);
  const signature = new SignatureV4({ credentials, region, service: 'lambda', sha256: Sha256 });
  const { headers } = await signature.sign({
    method: 'POST',
    protocol,
    hostname,
    ...(port ? { port: Number(port) } : {}),
    path: pathname,
    query: {},
    headers: { host, 'content-type': 'application/json', 'user-agent': userAgent },
    body: text,
  });
  const { host: _, ...sent } = headers;
  return await fetch(url, { method: 'POST', headers: sent, body: text });
}
