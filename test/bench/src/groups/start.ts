import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { median } from '../measure.ts';
import type { Result } from '../results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface Entry {
  readonly name: string;
  readonly external?: RegExp;
  readonly isEsmOnly?: boolean;
}

/** Bundled with all they need; an adapter's framework is there anyway. */
const ENTRIES: readonly Entry[] = [
  { name: '@showpad-webhooks/core' },
  { name: '@showpad-webhooks/core/node' },
  { name: '@showpad-webhooks/express' },
  { name: '@showpad-webhooks/koa' },
  { name: '@showpad-webhooks/nestjs', external: /^(@nestjs\/|rxjs|reflect-metadata)/ },
  { name: 'standardwebhooks' },
  { name: 'svix' },
  { name: 'stripe' },
  { name: '@octokit/webhooks-methods', isEsmOnly: true },
  { name: '@octokit/webhooks', isEsmOnly: true },
  { name: '@hookflo/tern' },
];

/** Each import in a process of its own, in rounds; the files are in the disk's cache after the first. */
export async function measureStart(rounds: number): Promise<Result[]> {
  const times = new Map<string, number[]>();
  for (let round = -1; round < rounds; round++) {
    for (const { name, isEsmOnly } of ENTRIES) {
      for (const at of isEsmOnly ? (['ESM'] as const) : (['ESM', 'CJS'] as const)) {
        const ms = await importMs(name, at);
        const key = `${name} ${at}`;
        if (round >= 0) times.set(key, [...(times.get(key) ?? []), ms]);
      }
    }
  }
  const results: Result[] = [];
  for (const { name, external } of ENTRIES) {
    for (const at of ['ESM', 'CJS']) {
      const own = times.get(`${name} ${at}`);
      if (own) results.push({ group: 'start', name, at, value: median(own), unit: 'ms' });
    }
    const value = await gzipKilobytes(name, external);
    results.push({ group: 'start', name, at: 'gzip', value, unit: 'kB gzip' });
  }
  return results;
}

async function importMs(name: string, format: 'ESM' | 'CJS'): Promise<number> {
  const [type, load] = format === 'ESM' ? ['module', 'await import'] : ['commonjs', 'require'];
  const script = `const startedAt = performance.now(); ${load}('${name}'); console.log(performance.now() - startedAt);`;
  const args = [`--input-type=${type}`, '--no-warnings', '-e', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT });
  return Number(stdout);
}

async function gzipKilobytes(input: string, external: RegExp = /^$/): Promise<number> {
  const bundle = await rolldown({
    input,
    cwd: ROOT,
    platform: 'node',
    external: [/^node:/, external],
    logLevel: 'silent',
    // What is imported only when it is needed does not count.
    plugins: [
      { name: 'lazy', resolveDynamicImport: (specifier) => ({ id: String(specifier), external: true }) },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  const code = output.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
  return gzipSync(code, { level: 9 }).length / 1024;
}
