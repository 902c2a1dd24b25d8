import { defineRuntimeSuites } from './src/suites.ts';

defineRuntimeSuites('bun', { isHono: true });
