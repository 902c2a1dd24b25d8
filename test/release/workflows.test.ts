import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('../../.github/workflows/', import.meta.url);
const workflows = readdirSync(FOLDER).map((name) => ({
  name,
  text: readFileSync(new URL(name, FOLDER), 'utf8'),
}));
const textOf = (name: string) => workflows.find((workflow) => workflow.name === name)?.text ?? '';

describe.each(workflows)('the workflow $name', ({ text }) => {
  test('runs actions by their commit, since a tag can be moved, and says which version that is', () => {
    for (const [line] of text.matchAll(/^.*\buses:.*$/gm)) {
      expect(line).toMatch(/ uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  test('leaves no credentials where the code of a dependency could read them', () => {
    const checkouts = text.split('actions/checkout@').slice(1);
    for (const steps of checkouts) {
      expect(steps.split('\n').slice(1, 3).join('\n')).toMatch(/^ +with:\n +persist-credentials: false$/);
    }
    expect(text).not.toMatch(/secrets\.(?!GITHUB_TOKEN\b)/);
    expect(text).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/);
  });

  test('has few rights, and only the job that releases has more', () => {
    expect(text).toMatch(/^permissions:(?: \{\}|\n {2}contents: read)$/m);
    const [beforeRelease = '', release = ''] = text.split(/^ {2}release:$/m);
    expect(beforeRelease).not.toMatch(/: write/);
    // No code of a dependency runs there but the build and changesets.
    if (release !== '') expect(release).not.toContain('npm test');
  });

  test('ends by itself', () => {
    expect(text.match(/^ {4}runs-on:/gm)?.length).toBe(text.match(/^ {4}timeout-minutes: \d+$/gm)?.length);
  });
});

test('a release is published with the command that the tests of the published packages use', () => {
  const release = textOf('release.yml');
  expect(release).toMatch(/^ +publish: npx --yes --package [^\n]+ -- node scripts\/publish\.mjs$/m);
  expect(release).toContain('NPM_CONFIG_PROVENANCE: true');
  expect(release).toContain('needs: test');
});

test('new versions of dependencies wait for some days, here and in what Dependabot suggests', () => {
  const minutes = /^minimumReleaseAge: (\d+)$/m.exec(
    readFileSync(new URL('../../pnpm-workspace.yaml', import.meta.url), 'utf8'),
  )?.[1];
  expect(Number(minutes)).toBeGreaterThanOrEqual(3 * 24 * 60);
  const dependabot = readFileSync(new URL('../../.github/dependabot.yml', import.meta.url), 'utf8');
  const cooldowns = [...dependabot.matchAll(/cooldown: \{ default-days: (\d+) \}/g)].map(([, days]) =>
    Number(days),
  );
  expect(cooldowns).toEqual([7, 7]);
});
