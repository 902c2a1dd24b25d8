// npm start [-- --keep]: runs examples/express and sends it deliveries. With --keep it goes on running.
import { spawn } from 'node:child_process';
import { ROOT, setUp } from './pnpm.mjs';

setUp();
// This is what `pnpm demo` runs there. No shell is in between, so that Ctrl-C reaches it.
const args = [
  '--conditions=@showpad-webhooks/source',
  '--import',
  'tsx',
  'demo.ts',
  ...process.argv.slice(2),
];
const demo = spawn(process.execPath, args, { cwd: `${ROOT}examples/express`, stdio: 'inherit' });
// The terminal sends Ctrl-C to the demo too, and this process ends when the demo has ended.
process.on('SIGINT', () => {});
demo.on('exit', (code) => process.exit(code ?? 1));
