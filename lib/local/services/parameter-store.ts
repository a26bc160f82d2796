import type { Clock } from '../clock.ts';
import { readJson, writeWhole } from '../store.ts';
import { AwsError } from '../wire/aws-error.ts';

interface StoredVersion {
  readonly version: number;
  readonly value: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
  /** Seconds since the epoch. */
  readonly modified: number;
}

export interface PutParameterInput {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: StoredVersion['type'];
  readonly Overwrite?: boolean;
}

const MOST_BYTES = 4096;
/** Parameter Store keeps as many versions of a parameter. */
const MOST_VERSIONS = 100;
const HIDDEN = 'encrypted by the embedded engine';

/** Parameter Store in one file that only its owner can read. */
export class ParameterStore {
  readonly #file: string;
  readonly #clock: Clock;
  readonly #parameters: Map<string, StoredVersion[]>;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
    this.#parameters = new Map(Object.entries(readJson<Record<string, StoredVersion[]>>(file, {})));
  }

  /** @returns the new version */
  put({ Name, Value, Type, Overwrite = false }: PutParameterInput): number {
    if (!/^[a-zA-Z0-9_.\-/]{1,1011}$/.test(Name))
      throw new AwsError('ValidationException', `Parameter name ${Name} is not valid`);
    if (Buffer.byteLength(Value) > MOST_BYTES || Value === '') {
      throw new AwsError('ValidationException', `the value must have 1 to ${MOST_BYTES} bytes`);
    }
    const versions = this.#parameters.get(Name) ?? [];
    if (versions.length > 0 && !Overwrite)
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    const type = Type ?? versions.at(-1)?.type ?? 'String';
    const version = (versions.at(-1)?.version ?? 0) + 1;
    const kept = [...versions, { version, value: Value, type, modified: this.#clock.now() / 1000 }].slice(
      -MOST_VERSIONS,
    );
    this.#parameters.set(Name, kept);
    this.#save();
    return version;
  }

  /** By `name` or `name:version`; undefined when there is none. */
  get(selector: string, decrypt: boolean): object | undefined {
    const [name = '', version] = selector.split(':');
    const versions = this.#parameters.get(name) ?? [];
    const found =
      version === undefined ? versions.at(-1) : versions.find((each) => String(each.version) === version);
    if (!found) return undefined;
    return {
      Name: name,
      Type: found.type,
      Value: found.type === 'SecureString' && !decrypt ? HIDDEN : found.value,
      Version: found.version,
      LastModifiedDate: found.modified,
      ARN: `arn:aws:ssm:us-east-1:000000000000:parameter${name}`,
      DataType: 'text',
      ...(version === undefined ? {} : { Selector: `:${version}` }),
    };
  }

  /** The newest value in clear text, for builds. @throws AwsError */
  read(name: string): string {
    const versions = this.#parameters.get(name);
    if (!versions) throw new AwsError('ParameterNotFound', `no parameter ${name}`);
    return versions.at(-1)!.value;
  }

  names(): string[] {
    return [...this.#parameters.keys()].sort();
  }

  delete(name: string): boolean {
    const was = this.#parameters.delete(name);
    if (was) this.#save();
    return was;
  }

  #save(): void {
    writeWhole(this.#file, JSON.stringify(Object.fromEntries(this.#parameters)));
  }
}
