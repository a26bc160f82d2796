// The plan build: makes a plan, and says what it would change and what identifies it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeCounts } from '../lib/contract/plan.ts';
import { violations } from './check-policies.ts';
import { BuildFailure, exportVariables, runBuild } from './exports.ts';
import { readSettings } from './settings.ts';
import { summarisePlan } from './summarise-plan.ts';
import { identifyPlan, initialise, tofu, tofuFailure, watchRun } from './tofu.ts';

/** `tofu plan -detailed-exitcode`: 0 nothing to do, 2 changes, else an error. */
const OUTCOMES = new Map([
  [0, 'no-changes'],
  [2, 'changes'],
]);

await runBuild('PlanFailed', async () => {
  const settings = readSettings();
  await initialise(settings);
  const folder = join(process.cwd(), 'plan');
  mkdirSync(folder, { recursive: true });
  const planFile = join(folder, 'plan.tfplan');
  const destroy = settings.ACTION === 'destroy' ? ['-destroy'] : [];
  const { code, output } = await tofu(
    settings,
    ['plan', '-no-color', '-detailed-exitcode', '-lock-timeout=5m', `-out=${planFile}`, ...destroy],
    { watch: watchRun(settings) },
  );
  const outcome = OUTCOMES.get(code);
  if (!outcome) throw tofuFailure('plan', output);
  const { digest, json } = await identifyPlan(settings, planFile);
  const problems = violations(json);
  if (problems.length > 0)
    throw new BuildFailure('PolicyViolation', `the plan breaks a policy: ${problems.join('; ')}`);
  const summary = summarisePlan(json);
  console.log(`plan ${digest.slice(0, 12)}: ${describeCounts(summary.counts)}`);
  exportVariables({ PLAN_OUTCOME: outcome, PLAN_DIGEST: digest, PLAN_SUMMARY: JSON.stringify(summary) });
});
