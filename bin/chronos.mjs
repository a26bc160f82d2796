#!/usr/bin/env node
// Starts the command with Node 24, which runs TypeScript directly; an older Node finds it among the dependencies.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./chronos.ts', import.meta.url));
const bundled = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));
const isNew = Number(process.versions.node.split('.')[0]) >= 24;
if (!isNew && !existsSync(bundled)) {
  console.error('chronos needs Node 24: run "npm ci" in its folder first');
  process.exit(2);
}
// What was compiled is kept, so that the next command starts quicker.
const cache = fileURLToPath(new URL('../node_modules/.cache/chronos-compiled', import.meta.url));
const child = spawn(isNew ? process.execPath : bundled, ['--no-warnings', script, ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: cache, ...process.env },
});
// Ctrl-C reaches the child by itself: it is in the same process group.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => {
  process.exitCode = signal ? 1 : (code ?? 1);
});
