import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { GENERATED, ROOT } from './paths.ts';
import { readVersions, repository } from './repository.ts';

/** Writes the table of the packages and their versions, which the page about versions includes. */
export function writeVersions(): void {
  const rows = readVersions().map(({ name, version }) => {
    const changelog = `packages/${name}/CHANGELOG.md`;
    const hasLink = repository !== undefined && existsSync(ROOT + changelog);
    const changes = hasLink ? `[changes](${repository}/blob/main/${changelog})` : '';
    return `| [\`@showpad-webhooks/${name}\`](../../packages/${name}/README.md) | ${shown(version)} | ${changes} |`;
  });
  mkdirSync(GENERATED, { recursive: true });
  writeFileSync(
    `${GENERATED}versions.md`,
    ['| package | version | |', '|---|---|---|', ...rows, ''].join('\n'),
  );
}

/** Before its first release a package has the version 0.0.0. */
export function shown(version: string): string {
  return version === '0.0.0' ? 'not released' : version;
}
