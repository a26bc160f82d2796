import { messageOf } from '../../lib/contract/errors.ts';
import { type GitRef, parseRefAdvertisement } from '../../lib/contract/git-refs.ts';

const TIMEOUT_MS = 20_000;

/** Reads the refs that a repository advertises over smart HTTP. */
export async function readRefs(repository: string): Promise<GitRef[]> {
  const url = `${repository.replace(/\/$/, '')}/info/refs?service=git-upload-pack`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((error) => {
    throw new Error(`the repository ${repository} does not answer: ${messageOf(error.cause ?? error)}`);
  });
  if (!response.ok) throw new Error(`the repository ${repository} answers ${response.status}`);
  const refs = parseRefAdvertisement(Buffer.from(await response.arrayBuffer()));
  if (refs.length === 0) throw new Error(`the repository ${repository} advertises no refs`);
  return refs;
}
