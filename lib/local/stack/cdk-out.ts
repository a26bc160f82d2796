import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ResolutionScope, type ResourceNames, resolve } from './intrinsics.ts';
import { namesOf } from './resource-names.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';

/** A resource of a synthesized template with every intrinsic function resolved. */
export interface StackResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly names: ResourceNames;
  // biome-ignore lint/suspicious/noExplicitAny: its shape is CloudFormation's, one per type
  readonly properties: any;
}

/** What `npm run synth` wrote: the engine knows nothing of the stacks but this. */
export class CdkOut {
  readonly resources: readonly StackResource[];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    const templates = readdirSync(folder).filter((file) => file.endsWith('.template.json'));
    this.resources = templates.flatMap((file) => {
      const stack = file.replace('.template.json', '');
      return readStack(stack, JSON.parse(readFileSync(join(folder, file), 'utf8')));
    });
  }

  ofType(type: string): StackResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The folder of a file asset that a template names by its key in the assets bucket (`<hash>.zip`). */
  assetFolder(key: string): string {
    const hash = /([0-9a-f]{64})\.zip$/.exec(key)?.[1];
    if (!hash) throw new Error(`${key} is no asset of cdk.out`);
    return join(this.#folder, `asset.${hash}`);
  }
}

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>;
}

function readStack(stack: string, template: Template): StackResource[] {
  const resources = template.Resources ?? {};
  const known = new Map<string, ResourceNames>();
  const scope: ResolutionScope = {
    pseudo: {
      'AWS::AccountId': ACCOUNT,
      'AWS::Region': REGION,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': stack,
      'AWS::StackId': `arn:aws:cloudformation:${REGION}:${ACCOUNT}:stack/${stack}/local`,
    },
    resource(logicalId) {
      const found = known.get(logicalId);
      if (found) return found;
      const definition = resources[logicalId];
      if (!definition) throw new Error(`${stack} refers to ${logicalId}, which it does not have`);
      const names = namesOf({
        stack,
        logicalId,
        type: definition.Type,
        property: (name) => resolve((definition.Properties as Record<string, unknown>)?.[name], scope),
      });
      known.set(logicalId, names);
      return names;
    },
  };
  return Object.entries(resources).map(([logicalId, { Type, Properties }]) => ({
    stack,
    logicalId,
    type: Type,
    names: scope.resource(logicalId),
    properties: resolve(Properties ?? {}, scope),
  }));
}
