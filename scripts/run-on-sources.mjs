// Runs a script of a package on the sources. Its package.json must not name the sources, because it is published.
import { spawnSync } from 'node:child_process';

const options = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
const { status } = spawnSync(process.execPath, [...options, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(status ?? 1);
