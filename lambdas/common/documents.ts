export type HostDocument = 'AwaitSetup' | 'DumpDatabase' | 'WriteEnvFiles' | 'RunInstall' | 'ReadResult';

/**
 * The Command document of a step. Its name carries a digest of its content, so a function that was
 * published with it keeps sending exactly that text whatever the stack has become since.
 */
export function documentFor(document: HostDocument): string {
  const names: Partial<Record<HostDocument, string>> = JSON.parse(process.env.DOCUMENTS ?? '{}');
  const name = names[document];
  if (!name) throw new Error(`the environment variable DOCUMENTS names no ${document}`);
  return name;
}
