import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CHANGESET = createRequire(`${ROOT}package.json`).resolve('@changesets/cli/bin.js');
const WAITING = readdirSync(`${ROOT}.changeset`).filter((file) => file.endsWith('.md'));

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly private?: boolean;
}

/** A git repository with a copy of everything that a release reads: manifests, settings and changesets. */
export class Repository {
  readonly folder: string;
  readonly #manifests: readonly string[];

  /** @param existing is the folder of such a repository. Without it, a new one is made. */
  constructor(existing?: string) {
    this.folder = existing ?? mkdtempSync(join(tmpdir(), 'showpad-webhooks-release-'));
    const folders = ['packages', 'examples', 'test'].flatMap((parent) =>
      readdirSync(ROOT + parent).map((child) => `${parent}/${child}/package.json`),
    );
    this.#manifests = ['package.json', ...folders.filter((path) => existsSync(ROOT + path))];
    if (existing !== undefined) return;
    for (const path of [...this.#manifests, 'pnpm-workspace.yaml', '.changeset']) {
      cpSync(ROOT + path, join(this.folder, path), { recursive: true });
    }
    this.#git('init', '--quiet', '--initial-branch=main');
    this.commit();
  }

  /** Sets every public package to `version`, and deletes the changesets that wait. */
  releaseAll(version: string): void {
    for (const file of WAITING) rmSync(join(this.folder, '.changeset', file));
    for (const path of this.#manifests) {
      const manifest = this.#read(path);
      if (!manifest.private) writeFileSync(join(this.folder, path), JSON.stringify({ ...manifest, version }));
    }
    this.commit();
  }

  /** Adds a changeset as `pnpm changeset` does, and releases it as the release workflow does. */
  release(changes: Readonly<Record<string, 'patch' | 'minor' | 'major'>>): void {
    const bumps = Object.entries(changes).map(([name, bump]) => `'${name}': ${bump}`);
    writeFileSync(
      join(this.folder, '.changeset/a-change.md'),
      `---\n${bumps.join('\n')}\n---\n\nWhat changed.\n`,
    );
    this.version();
  }

  /** Turns the changesets that wait into versions and changelogs. */
  version(): void {
    this.#run(process.execPath, [CHANGESET, 'version']);
  }

  /** Commits everything. */
  commit(): void {
    this.#git('add', '--all');
    const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
    this.#git(...author, 'commit', '--quiet', '--message', 'before');
  }

  manifests(): readonly Manifest[] {
    return this.#manifests.map((path) => this.#read(path));
  }

  /** Returns the paths of the files that the release changed. */
  changes(): readonly string[] {
    const status = this.#git('status', '--porcelain', '--untracked-files=all').trimEnd();
    return status
      .split('\n')
      .map((line) => line.slice(3))
      .sort();
  }

  read(path: string): string {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #read(path: string): Manifest {
    return JSON.parse(this.read(path)) as Manifest;
  }

  #git(...args: readonly string[]): string {
    return this.#run('git', args);
  }

  /** If a git hook runs these tests, its variables would make git use the project's own repository. */
  #run(command: string, args: readonly string[]): string {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
    return execFileSync(command, args, { cwd: this.folder, env, encoding: 'utf8', stdio: 'pipe' });
  }
}
