/** The settings that the stack gives each function. @throws Error naming the variable that is missing */
export function setting(
  name: 'ENVIRONMENT' | 'TABLE_NAME' | 'TOPIC_ARN' | 'BUCKET_NAME' | 'STATE_MACHINE_ARN',
): string {
  const value = process.env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set`);
  return value;
}
