// npm run bench: how long things take relative to each other, measured in one run on one machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { openSession } from '../lib/local/session.ts';
import { Connection } from '../lib/operator/connection.ts';
import { deploy } from '../lib/operator/deploy.ts';

const ROUNDS = 3;
const root = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'chronos-bench-'));
const port = 20_000 + (process.pid % 20_000);
writeFileSync(join(folder, 'ports.json'), JSON.stringify({ stage: port, prod: port + 1 }));

const session = await openSession({ root, folder, say: (line) => console.error(line) });
const connection = new Connection(session);

/** Milliseconds that a deployment takes; its own report goes nowhere. */
async function time(action: 'apply' | 'configure' | 'plan' | 'destroy'): Promise<number> {
  const log = console.log;
  console.log = () => {};
  const begun = performance.now();
  const code = await deploy('stage', action, { json: true, confirm: 'stage' }, connection);
  console.log = log;
  if (code !== 0) throw new Error(`${action} ended with code ${code}`);
  return performance.now() - begun;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const times: Record<string, number[]> = { first: [], repeated: [], configure: [], plan: [], destroy: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  times.first!.push(await time('apply'));
  times.repeated!.push(await time('apply'));
  times.configure!.push(await time('configure'));
  times.plan!.push(await time('plan'));
  times.destroy!.push(await time('destroy'));
}
const first = median(times.first!);
console.log(
  `medians of ${ROUNDS} rounds, as shares of a first deployment (${(first / 1000).toFixed(1)} s here)`,
);
for (const [name, values] of Object.entries(times))
  console.log(`${name.padEnd(10)} ${(median(values) / first).toFixed(2)}`);
await session.close();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
