import type { Construct } from 'constructs';
import { CommandDocument, type DocumentParameter } from '../command-document.ts';
import { pascal } from './function-factory.ts';

/** The Command documents of an environment: their names by step. */
export function hostDocuments(scope: Construct, environment: string) {
  const document = (
    name: string,
    description: string,
    scripts: string[],
    parameters: readonly DocumentParameter[] = ['RunId', 'Step', 'Fence', 'Seconds', 'Plan'],
  ) =>
    new CommandDocument(scope, `${pascal(name)}Document`, {
      environment,
      name,
      description,
      scripts: ['host.py', ...scripts],
      parameters,
    }).documentName;
  return {
    AwaitSetup: document('await-setup', 'Waits until the host is set up', ['await_setup.py']),
    DumpDatabase: document('dump-database', "Dumps the application's database and keeps it elsewhere", [
      'dump_database.py',
    ]),
    WriteEnvFiles: document('write-env-files', 'Checks the application out and writes its env files', [
      'env_files.py',
      'write_env_files.py',
    ]),
    RunInstall: document('run-install', 'Runs the install command of the application', ['run_install.py']),
    ReadResult: document('read-result', 'Tells what became of a step', ['read_result.py'], ['RunId', 'Step']),
  };
}
