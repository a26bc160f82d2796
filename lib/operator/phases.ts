/**
 * What an operator sees of the states, and what is being waited for while each runs: those that are not named
 * here are steps in between.
 */
const STATES: Readonly<Record<string, string>> = {
  ResolveRequest: 'reading the repository and the configuration',
  AcquireLock: 'waiting for the lock of the environment',
  PlanInfrastructure: 'running tofu plan',
  ReviewPlan: 'judging the plan',
  RequestApproval: 'waiting for approval',
  SnapshotHost: 'taking a snapshot of the disks of the host',
  DumpDatabase: 'dumping the database',
  ApplyInfrastructure: 'running tofu apply',
  CompareInfrastructure: 'comparing the infrastructure with its state',
  JudgeDrift: 'judging what differs',
  LocateHost: 'finding the host',
  AwaitNode: 'waiting for the host to answer Systems Manager',
  AwaitSetup: "waiting for the host's set-up",
  WriteEnvFiles: 'checking out the application and writing its env files',
  RunInstall: "running the application's installer",
  VerifyHealth: 'waiting for the application to be healthy',
  DeployEdges: 'looking for edge hosts',
  RecordDeployment: 'recording the release',
  CollectDiagnostics: 'finding out what happened',
  RestoreEnvFiles: 'roll back: writing the env files of the last good release',
  RestoreInstall: 'roll back: installing the last good release',
  VerifyRestoredHealth: 'roll back: waiting for the application to be healthy',
};

/** What a state waits for; undefined for one that an operator need not see. */
export const doingIn = (state: string): string | undefined => STATES[state];
