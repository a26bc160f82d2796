// The drift build: compares what is there with what the state says, takes no lock, and changes nothing.
import { join } from 'node:path';
import { BuildFailure, exportVariables, runBuild } from './exports.ts';
import { readRootSettings } from './settings.ts';
import { summariseDrift } from './summarise-drift.ts';
import { initialise, PLAN_OUTCOMES, tofu, tofuFailure, tofuJson } from './tofu.ts';

await runBuild('DriftCheckFailed', async () => {
  const settings = readRootSettings();
  await initialise(settings);
  const planFile = join(process.cwd(), 'drift.tfplan');
  const compare = [
    'plan',
    '-refresh-only',
    '-lock=false',
    '-no-color',
    '-detailed-exitcode',
    `-out=${planFile}`,
  ];
  const { code, output } = await tofu(settings, compare);
  if (!PLAN_OUTCOMES.has(code)) throw tofuFailure('plan', output);
  const drift = summariseDrift(await tofuJson(settings, ['show', '-json', planFile]));
  if (PLAN_OUTCOMES.get(code) === 'changes' && drift.length === 0) {
    throw new BuildFailure(
      'DriftCheckFailed',
      'tofu found drift that its plan does not name; look at the log',
    );
  }
  console.log(`${drift.length} resources have drifted`);
  exportVariables({ DRIFT: JSON.stringify(drift) });
});
