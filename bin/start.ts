// npm start: the example application from nothing to a healthy page on a local stage.
import { join } from 'node:path';
import { settingsOf } from '../lib/contract/manifest.ts';
import { openSession } from '../lib/local/session.ts';
import { Connection } from '../lib/operator/connection.ts';
import { deploy } from '../lib/operator/deploy.ts';

const root = join(import.meta.dirname, '..');
console.log(
  'Chronos Deploy: the example application on a local "stage", by the stacks that AWS would run.\n',
);
const session = await openSession({ root, say: (line) => console.log(line) });
const code = await deploy('stage', 'apply', {}, new Connection(session));
if (code === 0) {
  const page = settingsOf(session.manifest, 'stage').healthUrl.replace(/\/health$/, '/');
  console.log(`
Look at it:      ${page}
What happened:   npx chronos --local history stage
                 .chronos/executions/  .chronos/logs/  .chronos/notices.jsonl
Try a change:    npx chronos --local config set stage background_color=#204060
                 npx chronos --local deploy stage
Take it away:    npx chronos --local destroy stage --confirm stage`);
}
await session.close();
process.exit(code);
