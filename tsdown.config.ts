import type { UserConfig } from 'tsdown';

const config: UserConfig = {
  workspace: ['packages/*'],
  entry: ['src/index.ts', 'src/*/index.ts'],
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node20.19',
  dts: { oxc: true },
  outputOptions: {
    comments: { legal: true, annotation: true, jsdoc: false },
    // What core's entry points share is one file, since every file more makes an import slower.
    codeSplitting: {
      groups: [{ name: 'shared', test: /[\\/]core[\\/]src[\\/][^\\/.]+\.ts$/, minShareCount: 2 }],
    },
  },
  fixedExtension: true,
  hash: false,
  publint: { strict: true },
  attw: { profile: 'node16', level: 'error' },
};

export default config;
