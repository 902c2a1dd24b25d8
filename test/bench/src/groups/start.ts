import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';
import { median } from '../measure.ts';
import { CORE, TABLES } from '../names.ts';
import type { Result } from '../results.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FORMATS = ['import', 'require'] as const;
type Format = (typeof FORMATS)[number];

interface Entry {
  readonly name: string;
  /** What the app has anyway, so it does not count. */
  readonly external?: RegExp;
  readonly isEsmOnly?: boolean;
}

const ENTRIES: readonly Entry[] = [
  { name: CORE },
  { name: `${CORE}/node` },
  { name: '@showpad-webhooks/express' },
  { name: '@showpad-webhooks/koa' },
  { name: '@showpad-webhooks/nestjs', external: /^(@nestjs\/|rxjs|reflect-metadata)/ },
  { name: '@showpad-webhooks/fastify' },
  { name: '@showpad-webhooks/fetch' },
  { name: '@showpad-webhooks/aws-lambda' },
  { name: '@showpad-webhooks/sqlite', external: /^libsql/ },
  { name: '@showpad-webhooks/postgres', external: /^pg$/ },
  { name: '@showpad-webhooks/bullmq', external: /^bullmq/ },
  { name: '@showpad-webhooks/dashboard' },
  { name: '@showpad-webhooks/client' },
  { name: '@showpad-webhooks/otel', external: /^@opentelemetry\// },
  { name: 'standardwebhooks' },
  { name: 'svix' },
  { name: 'stripe' },
  { name: '@octokit/webhooks-methods', isEsmOnly: true },
  { name: '@octokit/webhooks', isEsmOnly: true },
  { name: '@hookflo/tern' },
];

/** Its version is pinned, so it only takes longer to load if the machine is slower. Import times are compared to it. */
const YARDSTICK = 'svix';

/** Measures how long it takes a new process to load each library, and how large each one is in a bundle. */
export async function measureStart(rounds: number): Promise<Result[]> {
  const times = await measureLoading(rounds);
  const results: Result[] = [];
  for (const { name, external } of ENTRIES) {
    const row = { table: TABLES.start, row: name };
    for (const format of FORMATS) {
      const own = times.get(`${format} ${name}`);
      if (!own) continue;
      const yardstick = times.get(`${format} ${YARDSTICK}`) ?? [];
      const rounds = own.map((ms, round) => ms / (yardstick[round] as number));
      results.push({ ...row, column: format, value: median(own), unit: 'ms' });
      results.push({ ...row, column: format, value: median(rounds), unit: '×' });
    }
    const kilobytes = await gzipKilobytes(name, external);
    results.push({ ...row, column: 'size', value: kilobytes, unit: 'kB gzip' });
  }
  return results;
}

/** Does not count the first round, in which the files are not in the disk's cache yet. */
async function measureLoading(rounds: number): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const { name, isEsmOnly } of ENTRIES) {
      for (const format of FORMATS) {
        if (format === 'require' && isEsmOnly) continue;
        const ms = await loadMs(name, format);
        const key = `${format} ${name}`;
        if (round > 0) times.set(key, [...(times.get(key) ?? []), ms]);
      }
    }
  }
  return times;
}

async function loadMs(name: string, format: Format): Promise<number> {
  const [type, load] = format === 'import' ? ['module', 'await import'] : ['commonjs', 'require'];
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
    // A dynamic import is loaded only if it is needed, so it does not count.
    plugins: [
      { name: 'lazy', resolveDynamicImport: (specifier) => ({ id: String(specifier), external: true }) },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  const code = output.map((chunk) => ('code' in chunk ? chunk.code : '')).join('');
  return gzipSync(code, { level: 9 }).length / 1024;
}
