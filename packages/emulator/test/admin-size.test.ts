import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_FOLDER, buildAdmin } from './build-admin.ts';

const MAX_GZIP_BYTES = 60_000;

beforeAll(buildAdmin);

describe('the built Admin page', () => {
  it('is at most 60 kB gzip in total', async () => {
    const names = (await readdir(ADMIN_FOLDER)).filter((name) => /\.(html|js|css|svg)$/.test(name));
    const sizes = await Promise.all(
      names.map(async (name) => gzipSync(await readFile(ADMIN_FOLDER + name)).byteLength),
    );
    expect(names.toSorted()).toEqual(['admin.css', 'admin.js', 'admin.svg', 'index.html']);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  it('loads only its own files, by relative URLs, and has no inline script or style', async () => {
    const html = await readFile(`${ADMIN_FOLDER}index.html`, 'utf8');
    const urls = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, url]) => url);
    expect(urls.toSorted()).toEqual(['./admin.css', './admin.js', './admin.svg']);
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/);
    expect(await readFile(`${ADMIN_FOLDER}admin.css`, 'utf8')).not.toMatch(/url\(|@import/);
  });
});
