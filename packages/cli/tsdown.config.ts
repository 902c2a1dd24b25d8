import type { UserConfig } from 'tsdown';

// It is merged into the root's config, which builds what a package exports. This package exports nothing: it is run, and
// never imported, so it needs one format and no types.
const config: UserConfig = {
  entry: { bin: 'src/bin.ts' },
  format: ['esm'],
  dts: false,
  attw: false,
};

export default config;
