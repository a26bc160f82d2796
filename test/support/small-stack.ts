import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes a cdk.out with one stack of these resources; assets are folders of files by a letter, named `letter x 64`. */
export function smallCdkOut(
  resources: Readonly<Record<string, { readonly Type: string; readonly Properties: object }>>,
  assets: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): string {
  const folder = mkdtempSync(join(tmpdir(), 'chronos-small-stack-'));
  writeFileSync(join(folder, 'small.template.json'), JSON.stringify({ Resources: resources }));
  for (const [letter, files] of Object.entries(assets)) {
    const asset = join(folder, `asset.${letter.repeat(64)}`);
    mkdirSync(asset);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(asset, name), text);
  }
  return folder;
}
