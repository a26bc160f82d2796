import { userInfo } from 'node:os';
import { ACCOUNT } from '../stack/cdk-out.ts';
import { unsupported } from '../wire/aws-error.ts';
import type { QueryService } from '../wire/server.ts';
import { renderXml } from '../wire/xml.ts';

/** STS: everybody with the engine's keys is the person who runs it. */
export const stsService: QueryService = {
  protocol: 'query',
  namespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
  answer(action) {
    if (action !== 'GetCallerIdentity') throw unsupported('sts', action);
    const { username } = userInfo();
    return renderXml({
      GetCallerIdentityResult: {
        Arn: `arn:aws:iam::${ACCOUNT}:user/${username}`,
        UserId: username,
        Account: ACCOUNT,
      },
      ResponseMetadata: { RequestId: 'local' },
    });
  },
};
