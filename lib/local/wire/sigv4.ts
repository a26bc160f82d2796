import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from './aws-error.ts';
import type { Caller, Identities } from './identities.ts';

export interface SignedRequest {
  readonly method: string;
  /** As sent: path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, *SignedHeaders=([^,]+), *Signature=([0-9a-f]{64})$/;
const MOST_SKEW_MS = 15 * 60 * 1000;

/** The service that a request was signed for; empty when it was not signed. */
export function signedService(headers: IncomingHttpHeaders): string {
  return HEADER.exec(headers.authorization ?? '')?.[4] ?? '';
}

/**
 * Checks the signature of a request.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @returns who signed it
 * @throws AwsError when nobody has the keys or the signature is not theirs
 */
export function verifySignature(request: SignedRequest, identities: Identities, engineTime: number): Caller {
  const match = HEADER.exec(request.headers.authorization ?? '');
  if (!match)
    throw new AwsError('MissingAuthenticationToken', 'the request is not signed (Signature Version 4)', 403);
  const [, keyId = '', date = '', region = '', service = '', names = '', signature = ''] = match;
  const caller = identities.withKey(keyId);
  if (!caller) {
    throw new AwsError('UnrecognizedClientException', 'the access key is not one of this engine', 403);
  }
  const time = String(request.headers['x-amz-date'] ?? '');
  // Functions see the engine's time, other clients the machine's.
  const skew = Math.min(...[engineTime, Date.now()].map((now) => Math.abs(parseTime(time) - now)));
  if (!(skew <= MOST_SKEW_MS)) throw new AwsError('RequestExpired', `the time ${time} is too far off`, 403);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const canonical = canonicalRequest(request, names.split(';'), service);
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    hmac,
    `AWS4${caller.keys.secretAccessKey}`,
  );
  const expected = hmac(key, text);
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex'))) {
    throw new AwsError('SignatureDoesNotMatch', 'the signature does not match', 403);
  }
  return caller;
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

function parseTime(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return Number.NaN;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function canonicalRequest(
  { method, url, headers, body }: SignedRequest,
  names: string[],
  service: string,
): string {
  const [path = '/', query = ''] = url.split('?', 2);
  const payload = String(headers['x-amz-content-sha256'] ?? sha256(body));
  const headerLines = names.map(
    (name) =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/\s+/g, ' ')}\n`,
  );
  return [
    method,
    // S3 signs the path as sent, every other service the path encoded once more.
    service === 's3' ? path : path.split('/').map(encode).join('/'),
    query.split('&').filter(Boolean).map(canonicalPair).sort().join('&'),
    headerLines.join(''),
    names.join(';'),
    payload,
  ].join('\n');
}

function canonicalPair(pair: string): string {
  const [name = '', value = ''] = pair.split('=', 2);
  return `${encode(decodeURIComponent(name))}=${encode(decodeURIComponent(value))}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
