// The plan build: makes a plan, and says what it would change and what identifies it.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describeCounts, describeSummary } from '../lib/contract/plan.ts';
import { violations } from './check-policies.ts';
import { BuildFailure, exportVariables, runBuild } from './exports.ts';
import { listCommits } from './list-commits.ts';
import { readSettings } from './settings.ts';
import { summarisePlan } from './summarise-plan.ts';
import { identifyPlan, initialise, PLAN_OUTCOMES, tofu, tofuFailure, watchRun } from './tofu.ts';

await runBuild('PlanFailed', async () => {
  const settings = readSettings();
  await initialise(settings);
  const folder = join(process.cwd(), 'plan');
  mkdirSync(folder, { recursive: true });
  const planFile = join(folder, 'plan.tfplan');
  const { REPLACE = '', REPOSITORY = '', LAST_COMMIT = '' } = process.env;
  const what = [
    ...(settings.ACTION === 'destroy' ? ['-destroy'] : []),
    ...(REPLACE === '' ? [] : [`-replace=${REPLACE}`]),
  ];
  const { code, output } = await tofu(
    settings,
    ['plan', '-no-color', '-detailed-exitcode', '-lock-timeout=5m', `-out=${planFile}`, ...what],
    { watch: watchRun(settings) },
  );
  const outcome = PLAN_OUTCOMES.get(code);
  if (!outcome) throw tofuFailure('plan', output);
  const { digest, json } = await identifyPlan(settings, planFile);
  const problems = violations(json, REPLACE);
  if (problems.length > 0)
    throw new BuildFailure('PolicyViolation', `the plan breaks a policy: ${problems.join('; ')}`);
  const summary = summarisePlan(json);
  console.log(
    [`plan ${digest.slice(0, 12)}: ${describeCounts(summary.counts)}`, ...describeSummary(summary)].join(
      '\n',
    ),
  );
  const commits = await listCommits(REPOSITORY, LAST_COMMIT, settings.COMMIT);
  exportVariables({
    PLAN_OUTCOME: outcome,
    PLAN_DIGEST: digest,
    PLAN_SUMMARY: JSON.stringify(summary),
    COMMITS: JSON.stringify(commits),
  });
});
