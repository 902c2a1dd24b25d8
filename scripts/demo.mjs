// npm run demo: runs examples/demo, which is an app, its inbox, the page to operate it, and Showpad's side, until Ctrl-C.
import { spawnSync } from 'node:child_process';
import { ROOT, runExample, setUp } from './pnpm.mjs';

setUp();
for (const script of ['@showpad-webhooks/dashboard build:page', '@showpad-webhooks/emulator build:admin']) {
  const { status } = spawnSync('pnpm', ['--silent', '--filter', ...script.split(' ')], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
runExample('demo', 'demo.ts');
