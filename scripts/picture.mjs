// node scripts/picture.mjs: draws what `npm start` prints into docs/terminal.svg, which the README shows.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { ROOT } from './pnpm.mjs';
import { terminalSvg } from './terminal-svg.mjs';

const flags = ['--conditions=@showpad-webhooks/source', '--import', 'tsx'];
const output = execFileSync(process.execPath, [...flags, 'demo.ts'], {
  cwd: `${ROOT}examples/express`,
  encoding: 'utf8',
});
writeFileSync(`${ROOT}docs/terminal.svg`, terminalSvg(output));
