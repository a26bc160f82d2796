import { DeploymentTable } from './deployment-table.ts';
import { setting } from './environment.ts';

let table: DeploymentTable | undefined;

/** The table of the function's environment: one client for all invocations of an execution environment. */
export function environmentTable(): DeploymentTable {
  table ??= new DeploymentTable(setting('TABLE_NAME'));
  return table;
}
