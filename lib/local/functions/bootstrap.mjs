// An execution environment: loads a bundled handler once and runs one invocation after the other. Invocations come as
// lines of JSON on standard input, outcomes leave as lines of JSON on descriptor 3.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** The engine's clock may be ahead of the machine's: the function must see the engine's time. */
let ahead = 0;
const Native = Date;
globalThis.Date = class extends Native {
  constructor(...args) {
    super(...(args.length === 0 ? [Native.now() + ahead] : args));
  }
  static now() {
    return Native.now() + ahead;
  }
};

const describe = (error) => ({
  errorType: error?.name ?? 'Error',
  errorMessage: error?.message ?? String(error),
  trace: String(error?.stack ?? '')
    .split('\n')
    .slice(0, 10),
});

async function load() {
  const [file, exported] = process.env._HANDLER.split('.');
  const module = await import(pathToFileURL(join(process.env.LAMBDA_TASK_ROOT, `${file}.mjs`)));
  return module[exported];
}

let handler;

async function invoke({ event, requestId, aheadMs }) {
  ahead = aheadMs;
  try {
    handler ??= await load();
    const context = { functionName: process.env.AWS_LAMBDA_FUNCTION_NAME, awsRequestId: requestId };
    return { result: (await handler(event, context)) ?? null };
  } catch (error) {
    console.error(error);
    return { error: describe(error) };
  }
}

/** A pipe takes what it has room for. */
function answer(outcome) {
  let rest = Buffer.from(`${JSON.stringify(outcome)}\n`);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(3, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

for await (const line of createInterface({ input: process.stdin })) answer(await invoke(JSON.parse(line)));
// The engine has ended, or needs this environment no more.
process.exit(0);
