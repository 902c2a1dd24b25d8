// node scripts/newest.mjs: installs the newest minor version of each major version of the frameworks, drivers and SDKs that
// users bring along, for the tests to run on. A workflow does this every week.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { ROOT } from './pnpm.mjs';

const manifests = ['packages', 'examples', 'test']
  .flatMap((parent) => readdirSync(ROOT + parent).map((name) => `${ROOT}${parent}/${name}/package.json`))
  .filter((path) => existsSync(path))
  .map((path) => ({ path, manifest: JSON.parse(readFileSync(path, 'utf8')) }));
const peers = new Set(manifests.flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})));
/** Frameworks for which the adapter has no peer dependency, because it does not import them. */
const OTHERS = /^(?:@nestjs\/.*|@sveltejs\/kit|astro|elysia|h3|hono|koa|next|react-router)$/;

for (const { path, manifest } of manifests) {
  for (const dependencies of [manifest.dependencies, manifest.devDependencies]) {
    for (const [key, pinned] of Object.entries(dependencies ?? {})) {
      const name = /^npm:(?<name>.+)@/.exec(pinned)?.groups.name ?? key;
      if (peers.has(name) || OTHERS.test(name)) dependencies[key] = pinned.replace(/(?<=^|@)(?=\d)/, '^');
    }
  }
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`);
}
execFileSync('pnpm', ['update', '--recursive'], { cwd: ROOT, stdio: 'inherit' });
