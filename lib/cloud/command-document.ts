import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnDocument } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';

export interface CommandDocumentProps {
  readonly environment: string;
  /** As in the document's name: "run-install". */
  readonly name: string;
  readonly description: string;
  /** Files of documents/scripts/ in the order in which the interpreter reads them. */
  readonly scripts: readonly string[];
  /** Names of the string parameters, in the order of the script's arguments. */
  readonly parameters: readonly DocumentParameter[];
}

export type DocumentParameter = keyof typeof PARAMETERS;

/** Anchored, in Go's RE2, and without any character that means something to a shell or to the agent. */
const PARAMETERS = {
  RunId: { description: 'The execution that asks', allowedPattern: '^[A-Za-z0-9_-]{1,80}$' },
  Step: { description: 'The step of that execution', allowedPattern: '^[A-Za-z]{1,40}$' },
  Fence: { description: 'The fencing number of its lock', allowedPattern: '^[0-9]{1,12}$' },
  Seconds: { description: 'The script ends itself after so long', allowedPattern: '^[0-9]{1,6}$' },
  Plan: {
    description: 'What is to be done: names and versions as base64 of JSON',
    allowedPattern: '^[A-Za-z0-9+/=]*$',
  },
} as const;

/** The agent ends a script after so long when the document has no Timeout parameter. */
const DEFAULT_TIMEOUT_SECONDS = '60';
const TERMINATOR = 'CHRONOS_SCRIPT';

/**
 * A Command document whose name carries a digest of its content. It is kept when the stack moves on, so that
 * an execution that began with it can end with it.
 */
export class CommandDocument extends Construct {
  readonly documentName: string;

  constructor(scope: Construct, id: string, props: CommandDocumentProps) {
    super(scope, id);
    const content = documentContent(props);
    const digest = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
    this.documentName = `chronos-${props.environment}-${props.name}-${digest}`;
    const document = new CfnDocument(this, 'Document', {
      name: this.documentName,
      documentType: 'Command',
      documentFormat: 'JSON',
      targetType: '/AWS::EC2::Instance',
      content,
    });
    document.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}

function documentContent({ description, scripts, parameters }: CommandDocumentProps): object {
  const folder = join(import.meta.dirname, '../../documents/scripts');
  const program = scripts.map((script) => readFileSync(join(folder, script), 'utf8')).join('\n\n');
  const timed = parameters.includes('Seconds');
  return {
    schemaVersion: '2.2',
    description,
    parameters: {
      ...Object.fromEntries(parameters.map((name) => [name, { type: 'String', ...PARAMETERS[name] }])),
      ...(timed
        ? {
            Timeout: {
              type: 'String',
              description: 'The agent ends the script after so many seconds',
              allowedPattern: '^[0-9]{1,6}$',
            },
          }
        : {}),
    },
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: 'step',
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: {
          timeoutSeconds: timed ? '{{ Timeout }}' : DEFAULT_TIMEOUT_SECONDS,
          runCommand: [
            '#!/bin/bash',
            'set -euo pipefail',
            'umask 077',
            'export HOME="${HOME:-/root}" LANG=C.UTF-8',
            `exec python3 - ${parameters.map((name) => `'{{ ${name} }}'`).join(' ')} <<'${TERMINATOR}'`,
            ...program.split('\n'),
            TERMINATOR,
          ],
        },
      },
    ],
  };
}
