import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { addBuilds, publish } from '../../release/publish.ts';
import { Repository } from '../../release/repository.ts';
import { startRegistry } from './registry.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of a registry that has the next release of all packages. */
    registry: string;
    /** A folder for the caches of npm, pnpm and Yarn, which is empty at first. */
    caches: string;
    /** The folder of the repository that it was released from. */
    released: string;
  }
}

/** Releases all packages, as the workflow does, to a registry for the tests of the published packages. */
export async function setup(project: TestProject): Promise<() => void> {
  const registry = await startRegistry();
  const repository = new Repository();
  const caches = mkdtempSync(join(tmpdir(), 'showpad-webhooks-caches-'));
  const tearDown = () => {
    registry.close();
    repository.remove();
    rmSync(caches, { recursive: true, force: true });
  };
  try {
    repository.version();
    addBuilds(repository);
    repository.commit();
    await publish(repository, registry.url);
  } catch (error) {
    tearDown();
    throw error;
  }
  project.provide('registry', registry.url);
  project.provide('caches', caches);
  project.provide('released', repository.folder);
  return tearDown;
}
