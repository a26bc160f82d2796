import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { Clock } from '../clock.ts';
import type { CdkOut } from '../stack/cdk-out.ts';
import { AwsError, unsupported } from '../wire/aws-error.ts';
import type { QueryService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

/** SNS: notices are appended to a file, a JSON object a line, instead of being mailed. */
export class SnsService implements QueryService {
  readonly protocol = 'query';
  readonly namespace = 'http://sns.amazonaws.com/doc/2010-03-31/';
  readonly #file: string;
  readonly #topics: ReadonlySet<string>;
  readonly #clock: Clock;

  constructor(file: string, out: CdkOut, clock: Clock) {
    this.#file = file;
    this.#topics = new Set(out.ofType('AWS::SNS::Topic').map(({ names }) => names.ref));
    this.#clock = clock;
  }

  answer(action: string, fields: URLSearchParams): string {
    if (action !== 'Publish') throw unsupported('sns', action);
    const topic = fields.get('TopicArn') ?? '';
    if (!this.#topics.has(topic)) throw new AwsError('NotFound', 'Topic does not exist', 404);
    const notice = {
      time: new Date(this.#clock.now()).toISOString(),
      topic,
      subject: fields.get('Subject'),
      message: fields.get('Message'),
    };
    appendFileSync(this.#file, `${JSON.stringify(notice)}\n`, { mode: 0o600 });
    const ResponseMetadata = { RequestId: 'local' };
    return renderXml({ PublishResult: { MessageId: randomUUID() }, ResponseMetadata });
  }
}
