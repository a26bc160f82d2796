import { join } from 'node:path';
import { readJson } from './store.ts';

/** What can be made to go wrong, by a JSON file in the engine's folder that is read each time. */
interface FaultSettings {
  /** What becomes of events whose detail type contains the key: lost, or delivered twice. */
  readonly events?: Readonly<Record<string, 'lost' | 'doubled'>>;
}

export const FAULTS_FILE = 'faults.json';

/** Faults that the engine injects when asked. Those of a host are in its own `host.json`. */
export class Faults {
  readonly #file: string;

  constructor(folder: string) {
    this.#file = join(folder, FAULTS_FILE);
  }

  /** How often an event is delivered: 1 unless a fault says otherwise. */
  eventCopies(detailType: string): number {
    const { events = {} } = readJson<FaultSettings>(this.#file, {});
    const fault = Object.entries(events).find(([part]) => detailType.includes(part))?.[1];
    return fault === 'lost' ? 0 : fault === 'doubled' ? 2 : 1;
  }
}
