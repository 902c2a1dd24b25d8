import type { TestProject } from 'vitest/node';
import { addBuilds, publish } from '../../release/publish.ts';
import { Repository } from '../../release/repository.ts';
import { startRegistry } from './registry.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of a registry that has the next release of all packages. */
    registry: string;
    /** The folder of the repository that it was released from. */
    released: string;
  }
}

/** Releases all packages, as the workflow does, to a registry for the tests of the published packages. */
export async function setup(project: TestProject): Promise<() => void> {
  const registry = await startRegistry();
  const repository = new Repository();
  const tearDown = () => {
    registry.close();
    repository.remove();
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
  project.provide('released', repository.folder);
  return tearDown;
}
