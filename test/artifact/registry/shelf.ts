import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';

/** pnpm keeps a package here as `name@version/node_modules/name`, and writes the "/" of a scope as "+". */
const STORE = fileURLToPath(new URL('../../../node_modules/.pnpm/', import.meta.url));
const TARBALL = /^(?<name>.+)\/-\/.+?-(?<version>\d[^/]*)\.tgz$/;
const versionOrder = new Intl.Collator('en', { numeric: true });

interface Installed {
  readonly manifest: object;
  pack(): Promise<Buffer>;
}

/** A server that speaks the protocol of npm, and has exactly the packages that this repository has installed. */
export function createShelf(): Server {
  const packages = findPackages();
  return createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const { name = path, version } = TARBALL.exec(path)?.groups ?? {};
    const versions = packages.get(name);
    const installed = versions?.get(version ?? '');
    if (installed) installed.pack().then((tarball) => response.end(tarball), fail);
    else if (versions && version === undefined) {
      const address = `http://${request.headers.host}`;
      describe(name, versions, address).then((body) => sendJson(response, 200, body), fail);
    } else sendJson(response, 404, { error: `${path} is not installed in this repository.` });

    function fail(error: Error): void {
      sendJson(response, 500, { error: error.message });
    }
  });
}

function findPackages(): ReadonlyMap<string, ReadonlyMap<string, Installed>> {
  const packages = new Map<string, Map<string, Installed>>();
  for (const entry of readdirSync(STORE)) {
    const name = /^@?[^@]+(?=@)/.exec(entry)?.[0].replace('+', '/');
    if (name === undefined) continue;
    const folder = join(STORE, entry, 'node_modules', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const versions = packages.get(name) ?? new Map();
    let tarball: Promise<Buffer> | undefined;
    const pack = () => (tarball ??= packFolder(folder));
    packages.set(name, versions.set(manifest.version, { manifest, pack }));
  }
  return packages;
}

async function describe(
  name: string,
  versions: ReadonlyMap<string, Installed>,
  address: string,
): Promise<object> {
  const sorted = [...versions].toSorted(([a], [b]) => versionOrder.compare(a, b));
  const described = sorted.map(async ([version, { manifest, pack }]) => {
    const tarball = `${address}/${name}/-/${basename(name)}-${version}.tgz`;
    const hash = createHash('sha512').update(await pack());
    return [version, { ...manifest, dist: { tarball, integrity: `sha512-${hash.digest('base64')}` } }];
  });
  return {
    name,
    'dist-tags': { latest: sorted.at(-1)?.[0] },
    versions: Object.fromEntries(await Promise.all(described)),
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function packFolder(folder: string): Promise<Buffer> {
  const args = ['-cf', '-', '--exclude=node_modules', '-C', dirname(folder), basename(folder)];
  // pnpm makes equal files hard links, which npm does not unpack.
  const copyLinks = process.platform === 'linux' ? ['--hard-dereference'] : [];
  const tar = spawn('tar', [...copyLinks, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  return buffer(tar.stdout.pipe(createGzip({ level: 1 })));
}
