// The apply build: applies exactly the plan that was reviewed, or nothing.
import { join } from 'node:path';
import { BuildFailure, exportVariables, runBuild } from './exports.ts';
import { readSettings } from './settings.ts';
import { settleStateLock } from './state-lock.ts';
import { identifyPlan, initialise, tofuJson, tofuOrFail, watchRun } from './tofu.ts';
import { checkApproval, reasonToStop } from './watch.ts';

await runBuild('ApplyFailed', async () => {
  const settings = readSettings();
  const { APPROVED_DIGEST = '', APPROVAL = 'needed', CODEBUILD_SRC_DIR_plan = '' } = process.env;
  const planFile = join(CODEBUILD_SRC_DIR_plan, 'plan.tfplan');
  await initialise(settings);
  const { digest } = await identifyPlan(settings, planFile);
  if (digest !== APPROVED_DIGEST) {
    throw new BuildFailure(
      'PlanRefused',
      `the plan to apply (${digest.slice(0, 12)}) is not the plan that was reviewed (${APPROVED_DIGEST.slice(0, 12)})`,
    );
  }
  if (APPROVAL === 'needed') await checkApproval(settings, digest);
  const reason = await reasonToStop(settings);
  if (reason) throw reason;
  const begun = Date.now();
  const apply = ['apply', '-no-color', '-lock-timeout=5m', planFile];
  await tofuOrFail(settings, apply, { watch: watchRun(settings) }).catch(async (error) => {
    throw new BuildFailure(error.name, `${error.message}; ${await settleStateLock(settings, begun)}`);
  });
  const outputs = JSON.parse(await tofuJson(settings, ['output', '-json']));
  const names = Object.keys(outputs).filter((name) => !outputs[name].sensitive);
  exportVariables({ OUTPUT_NAMES: JSON.stringify(names) });
});
