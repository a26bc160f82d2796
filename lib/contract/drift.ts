/** One resource that is not what the state says. Names only, never a value. */
export interface DriftedResource {
  readonly address: string;
  /** `deleted`: it is gone. */
  readonly change: 'changed' | 'deleted';
  /** Names of the attributes that differ. */
  readonly attributes: readonly string[];
}

/** What is known of an environment's drift. */
export interface Drift {
  readonly resources: readonly DriftedResource[];
  /** ISO 8601: the check that first saw drift since the infrastructure last was as its state says. */
  readonly since: string;
  readonly checkedAt: string;
}

/** One line a resource. */
export const describeDrift = (resources: readonly DriftedResource[]): string[] =>
  resources.map(({ address, change, attributes }) =>
    change === 'deleted' ? `${address} is gone` : `${address}: ${attributes.join(', ')} changed`,
  );
