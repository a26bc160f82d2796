import { createHash, randomUUID } from 'node:crypto';

const HASHES = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

/**
 * The functions that Step Functions adds to JSONata.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
 */
export const stepFunctionsFunctions: Readonly<Record<string, unknown>> = {
  partition(values: unknown, size: unknown): unknown {
    if (values === undefined) return undefined;
    if (!Array.isArray(values)) throw new Error('$partition: the first argument must be an array');
    if (typeof size !== 'number' || Math.trunc(size) < 1) {
      throw new Error('$partition: the chunk size must be a positive number');
    }
    const step = Math.trunc(size);
    const chunks: unknown[] = [];
    for (let i = 0; i < values.length; i += step) chunks.push(values.slice(i, i + step));
    return chunks;
  },

  /** A range of one number is that number, as AWS's recordings show: it is a JSONata sequence. */
  range(first: unknown, last: unknown, step: unknown): unknown {
    if (![first, last, step].every((n) => typeof n === 'number')) {
      throw new Error('$range: three numbers are needed');
    }
    const [from, to, by] = [first, last, step].map((n) => Math.trunc(n as number)) as [
      number,
      number,
      number,
    ];
    if (by === 0) throw new Error('$range: the step must not be zero');
    const numbers: number[] = [];
    for (let n = from; by > 0 ? n <= to : n >= to; n += by) {
      numbers.push(n);
      if (numbers.length > 1000) throw new Error('$range: at most 1000 values');
    }
    return numbers.length === 1 ? numbers[0] : numbers;
  },

  hash(text: unknown, algorithm: unknown): unknown {
    if (text === undefined) return undefined;
    const name = HASHES.get(String(algorithm));
    if (!name) throw new Error(`$hash: unknown algorithm ${String(algorithm)}`);
    return createHash(name)
      .update(typeof text === 'string' ? text : JSON.stringify(text))
      .digest('hex');
  },

  /** A number from 0 up to 1; the same for the same seed. */
  random(seed?: unknown): unknown {
    if (seed === undefined) return Math.random();
    return createHash('sha256').update(String(seed)).digest().readUInt32BE() / 2 ** 32;
  },

  uuid: (): string => randomUUID(),

  parse(text: unknown): unknown {
    if (text === undefined) return undefined;
    if (typeof text !== 'string') throw new Error('$parse: a string is needed');
    return JSON.parse(text);
  },

  /** Step Functions has no $eval. */
  eval: undefined,
};
