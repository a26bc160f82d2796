/** What a build exported, as Step Functions spells it. */
export type ExportedVariables = readonly { readonly Name: string; readonly Value: string }[];

/** Empty where the build did not export it. */
export const exportedValue = (exported: ExportedVariables, name: string): string =>
  exported.find(({ Name }) => Name === name)?.Value ?? '';
