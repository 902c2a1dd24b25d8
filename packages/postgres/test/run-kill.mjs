// Runs kill.ts on the sources. The command is not in package.json, because what is published must not name the sources.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('kill.ts', import.meta.url));
const options = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
const { status } = spawnSync(process.execPath, [...options, script, ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
