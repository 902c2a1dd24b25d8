export type { MismatchCause } from './cause.ts';
export { explainMismatch, type MismatchInput } from './explain-mismatch.ts';
export type { MismatchFinding } from './find-mistakes.ts';
