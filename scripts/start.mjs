// npm start [-- --keep]: runs examples/express on real deliveries. --keep leaves it running.
import { spawn } from 'node:child_process';
import { ROOT, setUp } from './pnpm.mjs';

setUp();
const demo = spawn('pnpm', ['--silent', '--dir', 'examples/express', 'demo', ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to the demo too: it ends first, and this follows.
process.on('SIGINT', () => {});
demo.on('exit', (code) => process.exit(code ?? 1));
