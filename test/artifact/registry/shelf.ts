import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';

/** pnpm keeps a package here as `name@version/node_modules/name`, and writes the "/" of a scope as "+". */
const STORE = fileURLToPath(new URL('../../../node_modules/.pnpm/', import.meta.url));
const TARBALL = /^(?<name>.+)\/-\/.+?-(?<version>\d[^/]*)\.tgz$/;
const versionOrder = new Intl.Collator('en', { numeric: true });

interface Installed {
  readonly folder: string;
  readonly manifest: { readonly name: string; readonly version: string };
}

/** A server that speaks the protocol of npm, and has exactly the packages that this repository has installed. */
export function createShelf(): Server {
  const packages = findPackages();
  return createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').slice(1);
    const { name = path, version } = TARBALL.exec(path)?.groups ?? {};
    const versions = packages.get(name);
    if (version !== undefined && versions?.has(version)) {
      sendTarball(versions.get(version)?.folder ?? '', response).catch((error) => response.destroy(error));
    } else if (version === undefined && versions) {
      sendJson(response, 200, describe(name, versions, `http://${request.headers.host}`));
    } else sendJson(response, 404, { error: `${path} is not installed in this repository.` });
  });
}

function findPackages(): ReadonlyMap<string, ReadonlyMap<string, Installed>> {
  const packages = new Map<string, Map<string, Installed>>();
  for (const entry of readdirSync(STORE)) {
    const name = /^@?[^@]+(?=@)/.exec(entry)?.[0].replace('+', '/');
    if (name === undefined) continue;
    const folder = join(STORE, entry, 'node_modules', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    packages.set(name, (packages.get(name) ?? new Map()).set(manifest.version, { folder, manifest }));
  }
  return packages;
}

function describe(name: string, versions: ReadonlyMap<string, Installed>, address: string): object {
  const sorted = [...versions].toSorted(([a], [b]) => versionOrder.compare(a, b));
  return {
    name,
    'dist-tags': { latest: sorted.at(-1)?.[0] },
    versions: Object.fromEntries(
      sorted.map(([version, { manifest }]) => {
        const tarball = `${address}/${name}/-/${basename(name)}-${version}.tgz`;
        return [version, { ...manifest, dist: { tarball } }];
      }),
    ),
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendTarball(folder: string, response: ServerResponse): Promise<void> {
  const args = ['-cf', '-', '--exclude=node_modules', '-C', dirname(folder), basename(folder)];
  const tar = spawn('tar', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await pipeline(tar.stdout, createGzip({ level: 1 }), response);
}
