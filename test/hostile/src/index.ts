export { defineHostileSuite } from './suite.ts';
