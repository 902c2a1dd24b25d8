import { defineRuntimeSuites } from './src/suites.ts';

defineRuntimeSuites('workerd');
