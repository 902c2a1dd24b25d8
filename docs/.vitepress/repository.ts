import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { DOCS, ROOT } from './paths.ts';

const { GITHUB_SERVER_URL = 'https://github.com', GITHUB_REPOSITORY } = process.env;

/** The address of the repository. Only GitHub Actions knows it, so a site that is built elsewhere has no links to it. */
export const repository: string | undefined =
  GITHUB_REPOSITORY && `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}`;

/** The address at which a page can be edited. Undefined: it is generated, or nobody knows the address. */
export function editUrlOf(page: string): string | undefined {
  if (!repository || page.startsWith('api/')) return undefined;
  // A page that consists of another document is edited there.
  const [, included] = /^<!--@include: ([^\s#]+)-->\n$/.exec(readFileSync(DOCS + page, 'utf8')) ?? [];
  const path = posix.join('docs', posix.dirname(page), included ?? posix.basename(page));
  return `${repository}/edit/main/${path}`;
}

export interface PackageVersion {
  readonly name: string;
  readonly version: string;
}

/** The folders of the packages, core first. */
export function packageNames(): readonly string[] {
  return ['core', ...readdirSync(`${ROOT}packages`).filter((name) => name !== 'core')];
}

/** The published packages, core first. */
export function readVersions(): readonly PackageVersion[] {
  return packageNames().flatMap((name) => {
    const { version, private: isPrivate } = JSON.parse(
      readFileSync(`${ROOT}packages/${name}/package.json`, 'utf8'),
    );
    return isPrivate ? [] : [{ name, version }];
  });
}
