import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { basename, join, relative, sep } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';

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
      sendJson(response, 200, describe(name, versions, address));
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

/** What npm reads of a package. Without a hash of each tarball, only those are packed that are installed. */
function describe(name: string, versions: ReadonlyMap<string, Installed>, address: string): object {
  const sorted = [...versions].toSorted(([a], [b]) => versionOrder.compare(a, b));
  const described = sorted.map(([version, { manifest }]) => {
    const tarball = `${address}/${name}/-/${basename(name)}-${version}.tgz`;
    return [version, { ...manifest, dist: { tarball } }];
  });
  return {
    name,
    'dist-tags': { latest: sorted.at(-1)?.[0] },
    versions: Object.fromEntries(described),
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** In this process, because to start `tar` for each of some hundred packages takes longer than to pack them. */
function packFolder(folder: string): Promise<Buffer> {
  const tarball = pack();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const inside = relative(folder, path).split(sep);
    if (!entry.isFile() || inside.includes('node_modules')) continue;
    const name = ['package', ...inside].join('/');
    tarball.entry({ name, mode: statSync(path).mode }, readFileSync(path));
  }
  tarball.finalize();
  return buffer(tarball.pipe(createGzip({ level: 1 })));
}
