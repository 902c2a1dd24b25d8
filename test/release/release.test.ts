import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Repository } from './repository.ts';

let repository: Repository;
beforeEach(() => {
  repository = new Repository();
});
afterEach(() => {
  repository.remove();
});

const CORE = '@showpad-webhooks/core';
const FOLDER = new URL('../../packages/', import.meta.url);
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(new URL(`${name}/package.json`, FOLDER), 'utf8'));
const OTHERS = readdirSync(FOLDER)
  .filter((name) => name !== 'core' && !manifestOf(name).private)
  .sort();
const DEPENDENTS = OTHERS.filter((name) => CORE in (manifestOf(name).dependencies ?? {}));
/** Those besides core that another package depends on. */
const NEEDED = OTHERS.filter((name) =>
  OTHERS.some((other) => `@showpad-webhooks/${name}` in (manifestOf(other).dependencies ?? {})),
);
const filesOf = (name: string) => [`packages/${name}/CHANGELOG.md`, `packages/${name}/package.json`];

/** Releases `changes` from 0.1.0, and expects that no manifest changes except in these versions. */
function expectVersions(
  changes: Parameters<Repository['release']>[0],
  versions: Readonly<Record<string, string>>,
): void {
  repository.releaseAll('0.1.0');
  const before = repository.manifests();
  repository.release(changes);
  const expected = before.map((manifest) => {
    const version = versions[manifest.name];
    return version === undefined ? manifest : { ...manifest, version };
  });
  expect(repository.manifests()).toEqual(expected);
}

describe('a release', () => {
  // Each release takes seconds, so packages that do not depend on each other are released together.
  test.each([
    ['packages that others depend on', NEEDED],
    ['the other packages', OTHERS.filter((name) => !NEEDED.includes(name))],
  ])('with patches of %s changes only them', (_what, folders) => {
    const names = folders.map((folder) => `@showpad-webhooks/${folder}`);
    const versions = Object.fromEntries(names.map((name) => [name, '0.1.1']));
    expectVersions(Object.fromEntries(names.map((name) => [name, 'patch'])), versions);
    expect(repository.changes()).toEqual(folders.flatMap(filesOf));
    for (const folder of folders) {
      expect(repository.read(`packages/${folder}/CHANGELOG.md`)).toContain('What changed.');
    }
  });

  test('with a minor of core gives each package that depends on it a patch, and changes nothing else', () => {
    expect(DEPENDENTS).toContain('express');
    const patched = DEPENDENTS.map((dependent) => [`@showpad-webhooks/${dependent}`, '0.1.1']);
    expectVersions({ [CORE]: 'minor' }, { [CORE]: '0.2.0', ...Object.fromEntries(patched) });
    expect(repository.changes()).toEqual(['core', ...DEPENDENTS].sort().flatMap(filesOf));
    for (const dependent of DEPENDENTS)
      expect(repository.read(`packages/${dependent}/CHANGELOG.md`)).toContain(`${CORE}@0.2.0`);
  });

  test('with a patch of core changes only core, because the ranges of the others allow it', () => {
    expectVersions({ [CORE]: 'patch' }, { [CORE]: '0.1.1' });
    expect(repository.changes()).toEqual(filesOf('core'));
  });

  test('with a minor of every package makes none of them a major', () => {
    const names = [CORE, ...OTHERS.map((name) => `@showpad-webhooks/${name}`)];
    const versions = Object.fromEntries(names.map((name) => [name, '0.2.0']));
    expectVersions(Object.fromEntries(names.map((name) => [name, 'minor'])), versions);
  });

  test('for the first time describes what there is, and not what changed', () => {
    const isFirst = repository
      .manifests()
      .every((manifest) => manifest.private || manifest.version === '0.0.0');
    if (!isFirst) return;
    const folder = new URL('../../.changeset/', import.meta.url);
    for (const name of readdirSync(folder).filter((each) => each.endsWith('.md'))) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      expect(text, name).not.toMatch(
        /no longer|\bbefore,|previously|formerly|used to\b|than before|first release/i,
      );
    }
  });

  test('of the changesets that wait now leaves no public package at 0.0.0', () => {
    repository.version();
    const isPublic = repository.manifests().filter((manifest) => !manifest.private);
    expect(isPublic.map(({ name }) => name)).toContain(CORE);
    for (const { version } of isPublic) expect(version).not.toBe('0.0.0');
  });
});
