import 'reflect-metadata';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { formatWithOptions } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { documents, GENERATED, ROOT, writeSnippets } from './snippets.ts';

const snippets = writeSnippets();

describe('snippets', () => {
  test('are found where they are', () => {
    const paths = snippets.map(({ source }) => source.split(':')[0]);
    for (const path of [
      'README.md',
      'packages/core/README.md',
      'packages/nestjs/README.md',
      'packages/core/src/receiver.ts',
    ]) {
      expect(paths).toContain(path);
    }
    expect(snippets.length).toBeGreaterThan(30);
    expect(snippets.flatMap(({ expected }) => expected).length).toBeGreaterThan(8);
  });

  test('compile', { timeout: 60_000 }, () => {
    const compilerOptions = { isolatedDeclarations: false, declaration: false };
    const config = { extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] };
    writeFileSync(`${GENERATED}tsconfig.json`, JSON.stringify(config));
    const { stdout } = spawnSync(`${ROOT}node_modules/.bin/tsc`, ['-p', GENERATED], {
      cwd: GENERATED,
      encoding: 'utf8',
    });
    // Told by where the snippet stands, not by the file it was written to.
    const told = snippets.reduce(
      (text, { file, source }) => text.replaceAll(relative(GENERATED, file), source),
      stdout,
    );
    expect(told).toBe('');
  });

  describe('run, and print what they say they print', () => {
    const printed: string[] = [];
    beforeEach(() => {
      printed.length = 0;
      vi.stubEnv('SHOWPAD_SIGNATURE_KEY', 'a-signature-key');
      for (const method of ['log', 'info', 'warn', 'error'] as const) {
        vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
          if (method === 'log') printed.push(formatWithOptions({ colors: false }, ...(args as [unknown])));
        });
      }
    });
    afterEach(() => {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
    });

    test.each(snippets)('$source', async ({ file, expected }) => {
      await import(file);
      for (const line of expected) expect(printed).toContain(line);
    });
  });
});

describe('links', () => {
  const LINK = /\[[^\]]*\]\((?<target>[^)\s]+)\)/g;
  const links = documents().flatMap((document) => {
    const text = readFileSync(ROOT + document, 'utf8');
    return [...text.matchAll(LINK)].map((match) => ({ document, target: match.groups?.target ?? '' }));
  });
  const local = links.filter(({ target }) => !/^[a-z]+:/.test(target));

  test('are found where they are', () => {
    expect(local.length).toBeGreaterThan(5);
  });

  test.each(local)('$document to $target', ({ document, target }) => {
    const [path = '', heading] = target.split('#');
    const file = path === '' ? document : join(dirname(document), path);
    expect(existsSync(ROOT + file)).toBe(true);
    if (heading === undefined) return;
    const headings = readFileSync(ROOT + file, 'utf8').match(/^#+ .*$/gm) ?? [];
    const anchors = headings.map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors).toContain(heading);
  });
});
