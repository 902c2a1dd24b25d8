// Runs a script of this folder on the sources. The command is not in package.json, because what is published must not name the
// sources.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const [name, ...args] = process.argv.slice(2);
const script = fileURLToPath(new URL(name, import.meta.url));
const options = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
const { status } = spawnSync(process.execPath, [...options, script, ...args], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
