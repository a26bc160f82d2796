import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join, relative } from 'node:path';
import type { CdkOut } from '../stack/cdk-out.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { RestService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

/** S3, path-style: a file per object below a folder per bucket. No versions: the last write stands. */
export class S3Service implements RestService {
  readonly protocol = 'rest';
  readonly #folder: string;
  readonly #ofStacks: readonly string[];

  constructor(folder: string, out: CdkOut) {
    this.#folder = folder;
    this.#ofStacks = out.ofType('AWS::S3::Bucket').map(({ names }) => names.ref);
  }

  create(bucket: string): void {
    mkdirSync(join(this.#folder, bucket), { recursive: true, mode: 0o700 });
  }

  /** Those of the stacks, and those that were made since. */
  #buckets(): string[] {
    const made = existsSync(this.#folder) ? readdirSync(this.#folder) : [];
    return [...new Set([...this.#ofStacks, ...made])];
  }

  put(bucket: string, key: string, data: Uint8Array): void {
    const file = this.#file(bucket, key);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, data, { mode: 0o600 });
  }

  get(bucket: string, key: string): Buffer {
    const file = this.#file(bucket, key);
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    }
    return readFileSync(file);
  }

  answer(request: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://s3');
    const [bucket = '', ...rest] = decodeURIComponent(pathname.slice(1)).split('/');
    const key = rest.join('/');
    if (bucket === '') return this.#listBuckets(response);
    if (key === '' && request.method === 'PUT' && searchParams.size === 0) {
      this.create(bucket);
      return void response.end();
    }
    if (!this.#buckets().includes(bucket))
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', 404);
    if (key === '') return this.#answerBucket(bucket, request, searchParams, response);
    switch (request.method) {
      case 'PUT':
        return this.#putObject(bucket, key, request, body, response);
      case 'GET':
      case 'HEAD': {
        const data = this.get(bucket, key);
        response.setHeader('etag', etag(data));
        response.setHeader('content-length', data.length);
        response.setHeader('last-modified', statSync(this.#file(bucket, key)).mtime.toUTCString());
        response.end(request.method === 'HEAD' ? undefined : data);
        return;
      }
      case 'DELETE':
        rmSync(this.#file(bucket, key), { force: true });
        response.statusCode = 204;
        response.end();
        return;
      default:
        throw new AwsError(
          'NotImplemented',
          `the embedded engine does not implement S3 ${request.method} of an object`,
          501,
        );
    }
  }

  #putObject(
    bucket: string,
    key: string,
    request: IncomingMessage,
    body: Buffer,
    response: ServerResponse,
  ): void {
    if (request.headers['if-none-match'] === '*' && existsSync(this.#file(bucket, key))) {
      throw new AwsError(
        'PreconditionFailed',
        'At least one of the pre-conditions you specified did not hold',
        412,
      );
    }
    const chunked = request.headers['content-encoding']?.includes('aws-chunked');
    const data = chunked ? decodeChunks(body) : body;
    this.put(bucket, key, data);
    response.setHeader('etag', etag(data));
    response.end();
  }

  #answerBucket(
    bucket: string,
    request: IncomingMessage,
    query: URLSearchParams,
    response: ServerResponse,
  ): void {
    if (request.method === 'HEAD') return void response.end();
    if (request.method !== 'GET') {
      throw new AwsError(
        'NotImplemented',
        `the embedded engine does not implement S3 ${request.method} of a bucket`,
        501,
      );
    }
    response.setHeader('content-type', 'application/xml');
    if (query.has('location')) return void response.end(`<LocationConstraint ${NAMESPACE}/>`);
    const prefix = query.get('prefix') ?? '';
    const keys = this.#keys(bucket).filter((key) => key.startsWith(prefix));
    const result = {
      Name: bucket,
      Prefix: prefix,
      KeyCount: keys.length,
      MaxKeys: 1000,
      IsTruncated: false,
      Contents: keys.map((key) => {
        const { size, mtime } = statSync(this.#file(bucket, key));
        return {
          Key: key,
          LastModified: mtime.toISOString(),
          ETag: etag(this.get(bucket, key)),
          Size: size,
          StorageClass: 'STANDARD',
        };
      }),
    };
    response.end(renderXml({ [`ListBucketResult ${NAMESPACE}`]: result }));
  }

  #listBuckets(response: ServerResponse): void {
    const Bucket = this.#buckets().map((Name) => ({ Name, CreationDate: new Date(0).toISOString() }));
    response.setHeader('content-type', 'application/xml');
    response.end(
      renderXml({ [`ListAllMyBucketsResult ${NAMESPACE}`]: { Owner: { ID: 'local' }, Buckets: { Bucket } } }),
    );
  }

  #keys(bucket: string): string[] {
    const folder = join(this.#folder, bucket);
    if (!existsSync(folder)) return [];
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  }

  #file(bucket: string, key: string): string {
    const folder = join(this.#folder, bucket);
    const file = join(folder, key);
    if (!file.startsWith(`${folder}/`))
      throw new AwsError('InvalidArgument', 'the key leads out of the bucket');
    return file;
  }
}

const etag = (data: Uint8Array): string => `"${createHash('md5').update(data).digest('hex')}"`;

/** The body of `Content-Encoding: aws-chunked`: chunks with a size line each, then trailers. */
function decodeChunks(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd).split(';')[0] ?? '', 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
