import { ACCOUNT } from '../stack/cdk-out.ts';
import { unsupported } from '../wire/aws-error.ts';
import type { QueryService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

export const userArn = (name: string): string => `arn:aws:iam::${ACCOUNT}:user/${name}`;

/** STS: everybody is an IAM user of the engine's account. */
export const stsService: QueryService = {
  protocol: 'query',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  answer(action, _fields, { name }) {
    if (action !== 'GetCallerIdentity') throw unsupported('sts', action);
    return renderXml({
      GetCallerIdentityResult: {
        Arn: userArn(name),
        UserId: name,
        Account: ACCOUNT,
      },
      ResponseMetadata: { RequestId: 'local' },
    });
  },
};
