import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Replaces a file as a whole, readable by its owner only. */
export function writeWhole(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const temporary = `${file}.${process.pid}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  chmodSync(temporary, 0o600);
  renameSync(temporary, file);
}

/** The JSON in a file, or `otherwise` when there is no file. */
export function readJson<T>(file: string, otherwise: T): T {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : otherwise;
}

/** The JSON in a file, made and written by `make` at first use. */
export function keptJson<T>(file: string, make: () => T): T {
  if (existsSync(file)) return readJson(file, undefined as T);
  const made = make();
  writeWhole(file, JSON.stringify(made, null, 2));
  return made;
}
