import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, zipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { JumpingClock, SystemClock } from '../../lib/local/clock.ts';
import { CodeBuildService } from '../../lib/local/services/codebuild.ts';
import { LogsService } from '../../lib/local/services/logs.ts';
import { S3Service } from '../../lib/local/services/s3.ts';
import { CdkOut } from '../../lib/local/stack/cdk-out.ts';
import { smallCdkOut } from '../support/small-stack.ts';

const BUILDSPEC = `
version: 0.2
env:
  variables: { FROM_SPEC: spec, OVERRIDDEN: spec }
  parameter-store: { FROM_STORE: /a/parameter }
  exported-variables: [SEEN]
phases:
  build:
    commands:
      - export SEEN="$FROM_SPEC,$OVERRIDDEN,$FROM_STORE,$FROM_PROJECT,$(cat hello.txt)"
      - if [ -n "$CODEBUILD_SRC_DIR_extra" ]; then export SEEN="$SEEN,$(cat "$CODEBUILD_SRC_DIR_extra/more.txt")"; fi
      - mkdir out && echo made > out/file.txt
      - if [ -n "$SLEEP" ]; then sleep "$SLEEP"; fi
artifacts: { base-directory: out, files: ['**/*'] }
`;

const folder = smallCdkOut(
  {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'artifacts' } },
    P: {
      Type: 'AWS::CodeBuild::Project',
      Properties: {
        Name: 'p',
        Source: { Type: 'S3', Location: `cdk-assets/${'b'.repeat(64)}.zip`, BuildSpec: BUILDSPEC },
        Artifacts: {
          Type: 'S3',
          Location: { Ref: 'Bucket' },
          Path: 'plans',
          Name: 'plan.zip',
          NamespaceType: 'BUILD_ID',
        },
        Environment: {
          EnvironmentVariables: [
            { Name: 'FROM_PROJECT', Value: 'project' },
            { Name: 'OVERRIDDEN', Value: 'project' },
          ],
        },
        TimeoutInMinutes: 10,
        ConcurrentBuildLimit: 1,
      },
    },
  },
  { b: { 'hello.txt': 'hello' } },
);
afterAll(() => rmSync(folder, { recursive: true }));

const out = new CdkOut(folder);
const s3 = new S3Service(join(folder, 's3'), out);

function service(name: string, clock = new SystemClock() as SystemClock | JumpingClock): CodeBuildService {
  return new CodeBuildService({
    out,
    folder: join(folder, name),
    clock,
    surroundings: {
      folder: join(folder, name, 'builds'),
      clock,
      s3,
      logs: new LogsService(join(folder, name, 'logs'), clock),
      assetFolder: (key) => out.assetFolder(key),
      variables: () => ({}),
      readParameter: (parameter) => `value of ${parameter}`,
    },
    onStatusChange: () => {},
  });
}

const variable = (name: string, value: string) => ({ name, value });

describe('a build', () => {
  test('sees variables of spec, project, store and override, and leaves its artifact', async () => {
    const codebuild = service('all');
    s3.put('artifacts', 'in/extra.zip', zipSync({ 'more.txt': new TextEncoder().encode('more') }));
    const { id } = codebuild.start({
      projectName: 'p',
      environmentVariablesOverride: [variable('OVERRIDDEN', 'override')],
      secondarySourcesOverride: [
        { type: 'S3', location: 'artifacts/in/extra.zip', sourceIdentifier: 'extra' },
      ],
    });
    const build = await codebuild.whenEnded(id);
    expect(build).toMatchObject({
      buildStatus: 'SUCCEEDED',
      exportedEnvironmentVariables: [
        variable('SEEN', 'spec,override,value of /a/parameter,project,hello,more'),
      ],
    });
    const key = build.artifacts.location!.replace('arn:aws:s3:::artifacts/', '');
    expect(key).toBe(`plans/${id.split(':')[1]}/plan.zip`);
    expect(new TextDecoder().decode(unzipSync(s3.get('artifacts', key))['file.txt'])).toBe('made\n');
  });

  test('is refused while as many run as the project allows; one that is stopped reads as STOPPED', async () => {
    const codebuild = service('stop');
    const { id } = codebuild.start({
      projectName: 'p',
      environmentVariablesOverride: [variable('SLEEP', '30')],
    });
    expect(() => codebuild.start({ projectName: 'p' })).toThrow(
      expect.objectContaining({ code: 'AccountLimitExceededException' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    codebuild.stop(id);
    expect(await codebuild.whenEnded(id)).toMatchObject({ buildStatus: 'STOPPED' });
  });

  test('that takes longer than its project allows reads as TIMED_OUT', async () => {
    const clock = new JumpingClock();
    const codebuild = service('timeout', clock);
    // Nothing holds the clock, so it jumps over the ten minutes at once.
    const { id } = codebuild.start({
      projectName: 'p',
      environmentVariablesOverride: [variable('SLEEP', '30')],
    });
    expect(await codebuild.whenEnded(id)).toMatchObject({ buildStatus: 'TIMED_OUT' });
    clock.stop();
  });

  test('takes no override that the engine would not carry out', () => {
    const override = { projectName: 'p', buildspecOverride: 'x' };
    expect(() => service('override').start(override)).toThrow(
      /does not support buildspecOverride of StartBuild/,
    );
  });
});
