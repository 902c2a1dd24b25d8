export type { MismatchCause } from './cause.ts';
export { explainMismatch, type MismatchFinding, type MismatchInput } from './explain-mismatch.ts';
