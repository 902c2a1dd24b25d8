// npm start [-- --keep]: runs examples/express on real deliveries. --keep leaves it running.
import { spawn } from 'node:child_process';
import { ROOT, setUp } from './pnpm.mjs';

setUp();
// What `pnpm demo` runs there, without a shell between it and Ctrl-C.
const args = [
  '--conditions=@showpad-webhooks/source',
  '--import',
  'tsx',
  'demo.ts',
  ...process.argv.slice(2),
];
const demo = spawn(process.execPath, args, { cwd: `${ROOT}examples/express`, stdio: 'inherit' });
// The terminal sends Ctrl-C to the demo too: it ends first, and this follows.
process.on('SIGINT', () => {});
demo.on('exit', (code) => process.exit(code ?? 1));
