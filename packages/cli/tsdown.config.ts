import type { UserConfig } from 'tsdown';

// Each merged into the root's, which knows of no command. The command itself is never imported, so one format will do.
const configs: UserConfig[] = [
  { entry: ['src/index.ts', 'src/bin.ts'], format: ['esm'], publint: false, attw: false },
  { entry: ['src/index.ts'], format: ['cjs'], clean: false },
];

export default configs;
