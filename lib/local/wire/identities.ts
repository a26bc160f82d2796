import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { keptJson, readJson, writeWhole } from '../store.ts';
import type { Keys } from './sigv4.ts';

/** Somebody who calls the engine. */
export interface Caller {
  /** An IAM user's name. */
  readonly name: string;
  readonly keys: Keys;
}

const NAME = /^[A-Za-z0-9_.@-]{1,64}$/;

/**
 * Who may call the engine, by their keys. The person who runs it has one pair; further names are for trying what
 * takes two people. Whoever can read the folder can be anybody.
 */
export class Identities {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The person who runs the engine; functions and hosts call with these keys too. */
  get owner(): Caller {
    return { name: userInfo().username, keys: keptJson(join(this.#folder, 'keys.json'), makeKeys) };
  }

  /** Somebody of this name, made at first use. @throws Error when it cannot be a name */
  called(name: string): Caller {
    const { owner } = this;
    if (name === owner.name) return owner;
    if (!NAME.test(name)) throw new Error(`"${name}" cannot be a user's name`);
    const others = this.#others();
    const keys = others[name] ?? makeKeys();
    if (!others[name]) writeWhole(this.#file, JSON.stringify({ ...others, [name]: keys }, null, 2));
    return { name, keys };
  }

  /** Whose access key it is. */
  withKey(accessKeyId: string): Caller | undefined {
    const { owner } = this;
    if (owner.keys.accessKeyId === accessKeyId) return owner;
    const found = Object.entries(this.#others()).find(([, keys]) => keys.accessKeyId === accessKeyId);
    return found && { name: found[0], keys: found[1] };
  }

  get #file(): string {
    return join(this.#folder, 'identities.json');
  }

  #others(): Readonly<Record<string, Keys>> {
    return readJson(this.#file, {});
  }
}

/** Shaped like AWS's, so that every client takes them. */
function makeKeys(): Keys {
  const letters = randomBytes(8).toString('hex').toUpperCase();
  return { accessKeyId: `AKIA${letters}`, secretAccessKey: randomBytes(30).toString('base64url') };
}
