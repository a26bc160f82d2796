import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Foundations } from '../../contract/manifest.ts';
import { stateBucketName, stateTableName } from '../../contract/names.ts';
import type { Permission } from '../permissions.ts';

/** Which states a build works on, by their keys in the bucket of all states; `*` stands for any text. */
export interface StateAccess {
  readonly stack: Stack;
  readonly foundations: Foundations;
  /** The states that the build plans and applies. */
  readonly own: readonly string[];
  /** The states that its roots read outputs of. */
  readonly read: readonly string[];
}

const KNOWN_KEYS =
  'the environments that the manifest will have are not known; the bucket holds nothing but states';

/** Reading states, as every plan does. */
export function readStates({ stack, foundations, own, read }: StateAccess): Permission[] {
  return [
    { actions: ['s3:ListBucket'], resources: [bucket(stack, foundations)] },
    {
      actions: ['s3:GetObject'],
      resources: [...own, ...read].map((key) => object(stack, foundations, key)),
      because: KNOWN_KEYS,
    },
  ];
}

/** Holding both locks of the states: the object beside each, and the row in the table. */
export function lockStates({ stack, foundations, own }: StateAccess): Permission[] {
  return [
    {
      actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
      resources: own.map((key) => object(stack, foundations, `${key}.tflock`)),
      because: KNOWN_KEYS,
    },
    {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
      resources: [
        stack.formatArn({
          service: 'dynamodb',
          resource: 'table',
          resourceName: stateTableName(foundations.namePrefix),
        }),
      ],
    },
  ];
}

/** Writing what an apply has made. */
export const writeStates = ({ stack, foundations, own }: StateAccess): Permission[] => [
  {
    actions: ['s3:PutObject'],
    resources: own.map((key) => object(stack, foundations, key)),
    because: KNOWN_KEYS,
  },
];

const bucket = (stack: Stack, { namePrefix }: Foundations): string =>
  stack.formatArn({
    service: 's3',
    region: '',
    account: '',
    resource: stateBucketName(namePrefix),
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });

const object = (stack: Stack, foundations: Foundations, key: string): string =>
  `${bucket(stack, foundations)}/${key}`;
