// node scripts/publish.mjs [https://github.com/OWNER/NAME]: publishes every package whose version npm does not have yet.
// On GitHub Actions, the repository is the one that runs it. Before a package is packed, its README and its manifest get
// the address of the repository. Afterwards they are as they were.
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from './pnpm.mjs';
import { publishedManifest, publishedReadme } from './published-files.mjs';

const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;
const repository = process.argv[2] ?? (GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`);
if (!/^https:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+$/.test(repository ?? '')) {
  console.error('Pass the address of the repository: node scripts/publish.mjs https://github.com/OWNER/NAME');
  process.exit(1);
}
const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim();

const originals = new Map(); // path → text
const change = (path, edit) => {
  const text = readFileSync(path, 'utf8');
  originals.set(path, text);
  writeFileSync(path, edit(text));
};
let status = 1;
try {
  for (const name of readdirSync(`${ROOT}packages`)) {
    const place = { folder: `packages/${name}`, repository, commit };
    if (JSON.parse(readFileSync(`${ROOT}${place.folder}/package.json`, 'utf8')).private) continue;
    change(`${ROOT}${place.folder}/README.md`, (text) => publishedReadme(text, place));
    change(`${ROOT}${place.folder}/package.json`, (text) => {
      return `${JSON.stringify(publishedManifest(JSON.parse(text), place), null, 2)}\n`;
    });
  }
  // `changeset publish` calls pnpm if it is on the PATH. npm would not replace "workspace:^" by a version.
  ({ status } = spawnSync('pnpm', ['exec', 'changeset', 'publish'], { cwd: ROOT, stdio: 'inherit' }));
} finally {
  for (const [path, text] of originals) writeFileSync(path, text);
}
process.exit(status ?? 1);
