// Runs one invocation of a bundled handler: the event comes on standard input, the outcome leaves on descriptor 3.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

/** The engine's clock may be ahead of the machine's: the function must see the engine's time. */
const ahead = Number(process.env.CHRONOS_CLOCK_AHEAD_MS ?? 0);
if (ahead !== 0) {
  const Native = Date;
  globalThis.Date = class extends Native {
    constructor(...args) {
      super(...(args.length === 0 ? [Native.now() + ahead] : args));
    }
    static now() {
      return Native.now() + ahead;
    }
  };
}

const describe = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? '')
    .split('\n')
    .slice(0, 10),
});

let outcome;
try {
  const [file, exported] = process.env._HANDLER.split('.');
  const module = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)));
  const result = await module[exported](JSON.parse(await text(process.stdin)), {
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    awsRequestId: process.env.CHRONOS_REQUEST_ID,
  });
  outcome = { result: result ?? null };
} catch (error) {
  console.error(error);
  outcome = { error: describe(error) };
}
writeFileSync(3, JSON.stringify(outcome));
process.exit(0);
