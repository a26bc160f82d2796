/** One advertised ref; `peeled` is the commit that an annotated tag leads to. */
export interface GitRef {
  readonly name: string;
  readonly id: string;
  readonly peeled?: string;
}

/**
 * Reads the answer to `GET <repository>/info/refs?service=git-upload-pack`.
 * https://git-scm.com/docs/http-protocol#_smart_server_response
 */
export function parseRefAdvertisement(body: Buffer): GitRef[] {
  const refs = new Map<string, GitRef>();
  for (const line of pktLines(body)) {
    const match = /^([0-9a-f]{40}) ([^\0\n]+)/.exec(line);
    if (!match) continue;
    const [, id = '', name = ''] = match;
    const tag = name.endsWith('^{}') ? refs.get(name.slice(0, -3)) : undefined;
    if (tag) refs.set(tag.name, { ...tag, peeled: id });
    else refs.set(name, { name, id });
  }
  return [...refs.values()];
}

function* pktLines(body: Buffer): Generator<string> {
  let at = 0;
  while (at + 4 <= body.length) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length)) return;
    if (length >= 4) yield body.toString('utf8', at + 4, at + length);
    at += Math.max(length, 4);
  }
}

/** The commit that a name means, or why it means none. A full commit is taken as it is: the host's fetch proves it. */
export function resolveRef(refs: readonly GitRef[], ref: string): { commit: string } | { problem: string } {
  if (/^[0-9a-f]{40}$/.test(ref)) return { commit: ref };
  const candidates = [ref, `refs/tags/${ref}`, `refs/heads/${ref}`];
  const found = refs.filter(({ name }) => name.startsWith('refs/') && candidates.includes(name));
  if (found.length === 0)
    return { problem: `gitRef "${ref}" is neither a branch nor a tag of the repository` };
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(' and ');
    return { problem: `gitRef "${ref}" is ambiguous: it names ${names}; give the full name` };
  }
  const [{ id, peeled }] = found as [GitRef];
  return { commit: peeled ?? id };
}
