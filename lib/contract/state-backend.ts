/** Where a root's state is, as OpenTofu's S3 backend names it. */
export interface Backend {
  readonly bucket: string;
  readonly key: string;
  readonly region: string;
  readonly dynamodb_table: string;
}

/** For an endpoint that is not AWS's: buckets are part of the path there, and there is no account to ask for. */
const OTHER_ENDPOINT: Readonly<Record<string, string>> = {
  use_path_style: 'true',
  skip_requesting_account_id: 'true',
  skip_region_validation: 'true',
};

/**
 * What roots are given for reading each other's states, as their variable `state_options`.
 * @param endpoint of something that is not AWS; empty for AWS
 */
export const readingOptions = (endpoint = ''): Readonly<Record<string, string>> =>
  endpoint === '' ? {} : OTHER_ENDPOINT;

/** Arguments of `tofu init` for a state in S3 under both locks, the object beside it and the row in the table. */
export function initArguments(backend: Backend, endpoint = ''): string[] {
  const options = { ...backend, use_lockfile: 'true', encrypt: 'true', ...readingOptions(endpoint) };
  return Object.entries(options).map(([name, value]) => `-backend-config=${name}=${value}`);
}
