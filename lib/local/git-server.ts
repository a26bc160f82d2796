import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { AwsError } from './wire/aws-error.ts';
import type { UnsignedService } from './wire/server.ts';

export const GIT_PREFIX = '/git/';

/** Serves the engine's repositories over smart HTTP, for reading only, by git's own http-backend. */
export class GitServer implements UnsignedService {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async answer(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url ?? '/', 'http://git');
    const child = spawn('git', ['http-backend'], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env.PATH,
        GIT_PROJECT_ROOT: this.#folder,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_COUNT: '4',
        GIT_CONFIG_KEY_0: 'http.receivepack',
        GIT_CONFIG_VALUE_0: 'false',
        GIT_CONFIG_KEY_1: 'safe.directory',
        GIT_CONFIG_VALUE_1: '*',
        // As GitHub does.
        GIT_CONFIG_KEY_2: 'uploadpack.allowFilter',
        GIT_CONFIG_VALUE_2: 'true',
        GIT_CONFIG_KEY_3: 'uploadpack.allowAnySHA1InWant',
        GIT_CONFIG_VALUE_3: 'true',
        REQUEST_METHOD: request.method ?? 'GET',
        PATH_INFO: `/${pathname.slice(GIT_PREFIX.length)}`,
        QUERY_STRING: search.slice(1),
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    });
    child.stdin.on('error', () => {});
    child.stdin.end(body);
    const output = await buffer(child.stdout);
    const end = output.indexOf('\r\n\r\n');
    if (end < 0) throw new AwsError('InternalFailure', 'git http-backend gave no answer', 500);
    for (const line of output.toString('utf8', 0, end).split('\r\n')) {
      const [name = '', value = ''] = line.split(/: (.*)/s);
      if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
      else response.setHeader(name, value);
    }
    response.end(output.subarray(end + 4));
  }
}
