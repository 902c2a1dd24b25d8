import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CRUISER = `${ROOT}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;

/** The packages in the folder, and the source files that each exports. */
const EXPORTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  core: { '.': './src/index.ts', './inbox': './src/inbox/index.ts' },
  client: { '.': './src/index.ts' },
  express: { '.': './src/index.ts' },
  koa: { '.': './src/index.ts' },
};

interface Report {
  readonly summary: {
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
    }[];
  };
}

/** A temporary folder that looks like this repository, to which the repository's rule for imports is applied. */
export interface Sources {
  write(file: string, text: string): void;
  /** Call it once, after the last `write`. */
  check(): void;
  rulesBrokenBy(file: string): readonly string[];
  remove(): void;
}

export function createSources(): Sources {
  // On macOS, the folder for temporary files is a link.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'showpad-webhooks-imports-')));
  let report: Report;

  function write(file: string, text: string): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), `${text}\n`);
  }

  for (const [name, files] of Object.entries(EXPORTS)) {
    const exports = Object.fromEntries(
      Object.entries(files).map(([path, file]) => [path, { '@showpad-webhooks/source': file }]),
    );
    write(`packages/${name}/package.json`, JSON.stringify({ name: `@showpad-webhooks/${name}`, exports }));
    mkdirSync(join(folder, 'node_modules/@showpad-webhooks'), { recursive: true });
    symlinkSync(
      join(folder, 'packages', name),
      join(folder, 'node_modules/@showpad-webhooks', name),
      'junction',
    );
  }
  for (const name of ['fast-check', 'ms']) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' }));
    write(`node_modules/${name}/index.js`, '');
  }

  return {
    write,
    check() {
      const args = ['--config', `${ROOT}.dependency-cruiser.mjs`, '--output-type', 'json', 'packages'];
      const { stdout, stderr } = spawnSync(process.execPath, [CRUISER, ...args], {
        cwd: folder,
        encoding: 'utf8',
      });
      if (!stdout) throw new Error(stderr);
      report = JSON.parse(stdout) as Report;
    },
    rulesBrokenBy: (file) =>
      report.summary.violations.filter(({ from }) => from === file).map(({ rule }) => rule.name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
